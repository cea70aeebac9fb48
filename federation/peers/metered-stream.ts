/** A stream whose bytes count against the peer's budget; over it, reading waits, and the link holds the peer back. */
import type { FrameStream } from '../components.ts'
import type { MeteredBudget } from './budget.ts'

/** Of one peer, over all its connections. */
export interface Traffic {
  bytesIn: number
  bytesOut: number
  /** `monotonicMs` of the last frame from it. */
  heardMs: number
}

export const meterStream = (
  stream: FrameStream,
  { budget, traffic, monotonicMs }: { budget: MeteredBudget; traffic: Traffic; monotonicMs: () => number },
): FrameStream => ({
  async read() {
    await budget.ready()
    const frames = await stream.read()
    if (frames === undefined) return undefined
    let bytes = 0
    for (const frame of frames) bytes += frame.length
    traffic.bytesIn += bytes
    traffic.heardMs = monotonicMs()
    budget.spendBytes(bytes + frames.length * frameOverheadBytes)
    return frames
  },
  write(frames) {
    for (const frame of frames) traffic.bytesOut += frame.length
    return stream.write(frames)
  },
  close: () => stream.close(),
  abort: (reason) => stream.abort(reason),
})

/** A frame costs more than its bytes: many tiny ones are no way around the budget (threat 25). */
const frameOverheadBytes = 64
