/** Runs jobs one after the other, in the order of the calls: what a job reads stays true until it has written. */
export type Serial = <T>(job: () => Promise<T>) => Promise<T>

export const createSerial = (): Serial => {
  let last: Promise<unknown> = Promise.resolve()
  return (job) => {
    const run = last.then(job)
    last = run.catch(() => undefined)
    return run
  }
}
