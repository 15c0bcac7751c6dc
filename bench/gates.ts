/** `npm run bench:gates`: the figures that no other load moves, in seconds. Fails where a goal is missed. */
import { Lab } from "./lab.ts";
import { exactTargets } from "./report/exact-targets.ts";
import { targetTable } from "./report/table.ts";
import { isBroken } from "./report/target.ts";
import { measureExact } from "./stages/exact.ts";

const lab = new Lab({ rounds: 1, seed: 1 });
try {
  const targets = exactTargets(await measureExact(lab));
  console.log(targetTable(targets));
  for (const { number, restated } of targets.filter((one) => one.restated !== undefined)) {
    console.log(`${number} is held to ${restated?.limit}: ${restated?.why}.`);
  }
  const broken = targets.filter(isBroken);
  for (const { number, goal } of broken) console.error(`missed: ${number} ${goal}`);
  if (broken.length > 0) process.exitCode = 1;
} finally {
  await lab.close();
}
