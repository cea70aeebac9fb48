/** Runs the tasks of one key one after the other. */
export const createTurns = (): (<T>(key: string, task: () => Promise<T>) => Promise<T>) => {
  const turns = new Map<string, Promise<unknown>>()
  return async (key, task) => {
    const before = turns.get(key) ?? Promise.resolve()
    const turn = before.then(task, task)
    turns.set(key, turn)
    try {
      return await turn
    } finally {
      if (turns.get(key) === turn) turns.delete(key)
    }
  }
}
