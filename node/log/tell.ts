/** Tells each listener. What it is told of is durable; a listener that throws is a fault of the node. */
export function tell<T>(listeners: ReadonlySet<(news: T) => void>, news: T): void {
  for (const listener of listeners) {
    try {
      listener(news)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
