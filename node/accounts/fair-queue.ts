import { HearthError } from '../../spec/errors.ts'

/** A bounded queue for costly work, fair between lanes. */
export interface FairQueue {
  /** Rejects with LOGIN_TOO_OFTEN when the lane or the queue is full; otherwise settles as the job does. */
  run<T>(lane: string, options: { readonly first: boolean }, job: () => Promise<T>): Promise<T>
}

interface Lane {
  readonly name: string
  readonly jobs: (() => Promise<void>)[]
}

/**
 * ACC-17: lanes take turns, one job of a lane runs at a time, so that one address never has all of the work;
 * and those marked `first` go before the others.
 */
export const createFairQueue = (init: {
  readonly atATime: number
  readonly waitingPerLaneMax: number
  readonly waitingMax: number
}): FairQueue => {
  const rings = { first: new Map<string, Lane>(), others: new Map<string, Lane>() }
  const busy = new Set<string>()
  const waiting = new Map([
    [rings.first, 0],
    [rings.others, 0],
  ])

  const advance = (): void => {
    while (busy.size < init.atATime) {
      const next = take(rings.first) ?? take(rings.others)
      if (next === undefined) return
      busy.add(next.lane)
      void next.job().finally(() => {
        busy.delete(next.lane)
        advance()
      })
    }
  }

  const take = (ring: Map<string, Lane>): { lane: string; job: () => Promise<void> } | undefined => {
    for (const lane of ring.values()) {
      if (busy.has(lane.name)) continue
      const job = lane.jobs.shift()
      ring.delete(lane.name)
      if (lane.jobs.length > 0) ring.set(lane.name, lane)
      if (job === undefined) continue
      waiting.set(ring, (waiting.get(ring) ?? 0) - 1)
      return { lane: lane.name, job }
    }
    return undefined
  }

  return {
    run: (name, { first }, job) => {
      const ring = first ? rings.first : rings.others
      const lane = ring.get(name) ?? { name, jobs: [] }
      const count = waiting.get(ring) ?? 0
      if (count >= init.waitingMax || lane.jobs.length >= init.waitingPerLaneMax) {
        return Promise.reject(new HearthError('LOGIN_TOO_OFTEN', 'too many logins at once, try again in a few seconds'))
      }
      return new Promise((resolve, reject) => {
        lane.jobs.push(async () => {
          try {
            resolve(await job())
          } catch (error) {
            reject(error)
          }
        })
        ring.set(name, lane)
        waiting.set(ring, count + 1)
        advance()
      })
    },
  }
}
