/** The steps of the crash protocol at which a test may end an instance (docs/design/crash-protocol.md). */
export type FaultPoint = "before_intent" | "after_intent" | "after_call" | "after_outcome";
