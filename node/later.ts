/** When the rooms run what is not urgent. */

/** At the end of the turn, once for all that ask for it; never two at a time. */
export const soon = (task: () => Promise<void>): (() => void) => {
  let isWanted = false
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false
      await new Promise((resolve) => setImmediate(resolve))
      await task()
    }
    running = undefined
  }
  return () => {
    isWanted = true
    running ??= run()
  }
}

/** In so many ms; 0: at the end of the turn. */
export const later = (task: () => void, ms: number): (() => void) => {
  if (ms <= 0) {
    const immediate = setImmediate(task)
    return () => clearImmediate(immediate)
  }
  const timer = setTimeout(task, ms).unref()
  return () => clearTimeout(timer)
}
