/** Virtual time. A task and all microtasks that it leads to are one turn, as in the object's own thread. */
export interface Task {
  due: number;
  /** Orders tasks of one time. */
  order: number;
  label: string;
  /** The instance that waits for it: gone with it. Null: the outside world, which no crash of ours stops. */
  owner: number | null;
  run: () => void;
}

/** Picks which of the tasks that may come next does; at least two are ready. */
export type Chooser = (ready: readonly Task[]) => Task | Promise<Task>;

export class EventLoop {
  now: number;
  #tasks: Task[] = [];
  #added = 0;

  constructor(now: number) {
    this.now = now;
  }

  add(label: string, delayMs: number, owner: number | null, run: () => void): Task {
    const task = { label, due: this.now + Math.max(0, delayMs), order: this.#added++, owner, run };
    this.#tasks.push(task);
    return task;
  }

  cancel(task: Task): void {
    const index = this.#tasks.indexOf(task);
    if (index >= 0) this.#tasks.splice(index, 1);
  }

  /** The instance is gone, and so is all that it waited for. */
  drop(owner: number): void {
    this.#tasks = this.#tasks.filter((task) => task.owner !== owner);
  }

  nextDue(): number | null {
    let due: number | null = null;
    for (const task of this.#tasks) if (due === null || task.due < due) due = task.due;
    return due;
  }

  /** The earliest, or what `choose` picks of those that are due within `horizonMs` of the earliest. */
  async take(choose: Chooser | null, horizonMs: number): Promise<Task | null> {
    let first: Task | null = null;
    for (const task of this.#tasks) {
      if (first === null || task.due < first.due || (task.due === first.due && task.order < first.order)) first = task;
    }
    if (first === null) return null;
    let picked = first;
    if (choose !== null) {
      const limit = first.due + horizonMs;
      const ready = this.#tasks.filter((task) => task.due <= limit).sort((a, b) => a.order - b.order);
      if (ready.length > 1) picked = await choose(ready);
    }
    this.cancel(picked);
    this.now = Math.max(this.now, picked.due);
    return picked;
  }
}

/** Lets every microtask run that a task has led to. */
export function endTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
