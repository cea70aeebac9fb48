/** `count` jobs, so many at a time; results in order. */
export const inParallel = async <T>(count: number, job: (index: number) => Promise<T>, atATime = 8): Promise<T[]> => {
  const results: T[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      results[index] = await job(index)
    }
  }
  await Promise.all(Array.from({ length: atATime }, work))
  return results
}
