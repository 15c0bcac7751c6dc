import type { CallContext, ProcessorAnswer, ProcessorRequest } from "../connector.ts";
import { accessToken, forgetToken } from "./token.ts";

/** A refused token has executed nothing, so the request may go out once more with a new one. */
export async function sendAuthorized(request: ProcessorRequest, context: CallContext): Promise<ProcessorAnswer> {
  const answer = await sendOnce(request, context);
  if (answer.kind === "no_answer" || answer.status !== 401) return answer;
  forgetToken(context.account);
  return sendOnce(request, context);
}

async function sendOnce(request: ProcessorRequest, context: CallContext): Promise<ProcessorAnswer> {
  const held = await accessToken(context);
  if ("failure" in held) return held.failure;
  return context.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${held.token}` } });
}
