import { HearthError } from './errors.ts'
import { limits } from './limits.ts'

/** A moment of the hybrid logical clock: Unix ms (48 bits) and a counter within it (12 bits). */
export interface Stamp {
  readonly ms: number
  readonly counter: number
}

/** What the clock needs from the house. */
export interface WallClock {
  /** Unix ms. */
  now(): number
}

export interface HybridClock {
  /** The next stamp of this node: later than every stamp given out or observed before (CLOCK-1). */
  tick(): Stamp
  /**
   * Takes note of a stamp from elsewhere, so that the next tick is later. Throws CLOCK_AHEAD and does not
   * move when it is over 60 s ahead of the wall clock (CLOCK-3).
   */
  observe(remote: Stamp): void
  /** Like `observe`, for what this node's own log holds: trusted, so never refused (CLOCK-4). */
  resume(last: Stamp): void
}

const counterMax = 0xfff

export const compareStamps = (a: Stamp, b: Stamp): number => a.ms - b.ms || a.counter - b.counter

/** CLOCK-1 to CLOCK-4: monotone whatever the wall clock does; a full counter carries into the ms (CLOCK-2). */
export const createHybridClock = (wallClock: WallClock): HybridClock => {
  let ms = 0
  let counter = 0

  const resume = (stamp: Stamp): void => {
    if (compareStamps(stamp, { ms, counter }) <= 0) return
    ms = stamp.ms
    counter = stamp.counter
  }

  return {
    tick() {
      const wall = Math.floor(wallClock.now())
      if (wall > ms) {
        ms = wall
        counter = 0
      } else if (counter < counterMax) {
        counter++
      } else {
        ms++
        counter = 0
      }
      return { ms, counter }
    },
    observe(remote) {
      const ahead = remote.ms - Math.floor(wallClock.now())
      if (!(ahead <= limits.clockAheadMaxMs)) {
        throw new HearthError('CLOCK_AHEAD', `the event is ${ahead} ms ahead of this node's clock; check both clocks`)
      }
      resume(remote)
    },
    resume,
  }
}
