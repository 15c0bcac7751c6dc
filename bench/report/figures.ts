import type { Slices } from "../harness/rounds.ts";
import type { ExactFigures } from "./exact-figures.ts";
import type { ListFigures } from "../stages/lists.ts";
import type { OpenFigures } from "../stages/open-loop.ts";
import type { RateFigures } from "../stages/rates.ts";
import type { SoakFigures } from "../stages/soak.ts";

/** Of one run; null where a stage was left out. */
export interface Figures {
  exact: ExactFigures | null;
  rates: RateFigures | null;
  open: OpenFigures | null;
  lists: ListFigures | null;
  startUp: Slices | null;
  soak: SoakFigures | null;
}
