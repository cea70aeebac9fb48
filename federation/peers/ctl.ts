/** The `ctl` stream after HELLO: the link's own frames are answered here, all others go to whoever reads (LINK-7). */
import { HearthError } from '../../spec/errors.ts'
import type { FrameStream } from '../components.ts'
import type { PeerClock } from './components.ts'
import { decodeLinkFrame, encodePing, encodePong, isLinkFrame, type LinkFrame } from './link-frames.ts'

export interface Ctl {
  /** For sync: frames of types from 16 up. */
  readonly stream: FrameStream
  /** Reads from now on. */
  begin(): void
  /** Sends PING; `answered` is called with the round trip, or never. */
  ping(answered?: (rttMs: number) => void): void
  /** Of the last PING that was answered. */
  readonly rttMs: () => number | undefined
  /** Their clock minus ours, by the fastest of the last pings. */
  readonly clockOffsetMs: () => number | undefined
}

export interface CtlInit {
  readonly clock: PeerClock
  /** Frames that came with the HELLO. */
  readonly more: readonly Uint8Array[]
  /** The peer says why it closes. */
  readonly onBye: (code: string, detail: string) => void
  /** A frame that no honest peer sends. */
  readonly onFault: (points: number, reason: string) => void
}

export const createCtl = (raw: FrameStream, init: CtlInit): Ctl => {
  const { clock } = init
  const pings = createPings(clock)
  const inbox = createInbox()

  /** LINK-14 */
  const answer = (frame: LinkFrame): void => {
    switch (frame.type) {
      case 'ping':
        init.onFault(0.1, 'more PINGs than anybody needs')
        // What does not go out is seen by its silence.
        raw.write([encodePong(frame.id, clock.now())]).catch(() => undefined)
        return
      case 'pong':
        if (!pings.answered(frame.id, frame.timeMs)) init.onFault(100, 'a PONG that nobody asked for')
        return
      case 'bye':
        init.onBye(frame.code, frame.detail)
        return
      case 'hello':
        init.onFault(100, 'a second HELLO')
        return
      case 'unknown':
        init.onFault(1, 'too many frames of an unknown type')
    }
  }

  const take = async (frames: readonly Uint8Array[]): Promise<void> => {
    const others: Uint8Array[] = []
    for (const frame of frames) {
      if (!isLinkFrame(frame)) others.push(frame)
      else answer(decodeLinkFrame(frame))
    }
    if (others.length > 0) await inbox.put(others)
  }

  const pump = async (): Promise<void> => {
    try {
      await take(init.more)
      for (let frames = await raw.read(); frames !== undefined; frames = await raw.read()) await take(frames)
      inbox.end(undefined)
    } catch (error) {
      const reason = error instanceof HearthError ? error : new HearthError('INTERNAL', undefined, { cause: error })
      if (reason.code === 'FRAME_INVALID') init.onFault(100, reason.message)
      inbox.end(reason)
    }
  }

  return {
    begin: () => void pump(),
    stream: {
      read: () => inbox.take(),
      write: (frames) => raw.write(frames),
      close: () => raw.close(),
      abort(reason) {
        inbox.end(reason)
        raw.abort(reason)
      },
    },
    ping: (answered) => void raw.write([encodePing(pings.next(answered))]).catch(() => undefined),
    rttMs: () => pings.rttMs(),
    clockOffsetMs: () => pings.clockOffsetMs(),
  }
}

/** One batch at a time between the pump and the reader: whoever does not read holds the peer back. */
const createInbox = () => {
  let batch: readonly Uint8Array[] | undefined
  let ended: { readonly reason: HearthError | undefined } | undefined
  let changed: (() => void)[] = []
  const change = (): void => {
    const waiting = changed
    changed = []
    for (const wake of waiting) wake()
  }
  const wait = (): Promise<void> => new Promise((resolve) => changed.push(resolve))
  return {
    async put(frames: readonly Uint8Array[]): Promise<void> {
      while (batch !== undefined && ended === undefined) await wait()
      batch ??= frames
      change()
    },
    async take(): Promise<readonly Uint8Array[] | undefined> {
      while (batch === undefined) {
        if (ended?.reason !== undefined) throw ended.reason
        if (ended !== undefined) return undefined
        await wait()
      }
      const frames = batch
      batch = undefined
      change()
      return frames
    },
    end(reason: HearthError | undefined): void {
      ended ??= { reason }
      change()
    },
  }
}

/** LINK-15 */
const createPings = (clock: PeerClock) => {
  const sent = new Map<
    number,
    { readonly monotonicMs: number; readonly nowMs: number; readonly answered: ((rttMs: number) => void) | undefined }
  >()
  let samples: readonly { readonly rttMs: number; readonly offsetMs: number }[] = []
  let nextId = 1
  return {
    next(answered?: (rttMs: number) => void): number {
      const [oldest] = sent.keys()
      if (sent.size >= outstandingMax && oldest !== undefined) sent.delete(oldest)
      sent.set(nextId, { monotonicMs: clock.monotonicMs(), nowMs: clock.now(), answered })
      return nextId++
    },
    /** False: no such PING was ever sent. */
    answered(id: number, theirMs: number): boolean {
      const ping = sent.get(id)
      if (ping === undefined) return id < nextId
      sent.delete(id)
      const rttMs = clock.monotonicMs() - ping.monotonicMs
      samples = [...samples.slice(1 - samplesMax), { rttMs, offsetMs: theirMs - (ping.nowMs + rttMs / 2) }]
      ping.answered?.(rttMs)
      return true
    },
    rttMs: () => samples.at(-1)?.rttMs,
    clockOffsetMs(): number | undefined {
      const [first, ...others] = samples
      if (first === undefined) return undefined
      return Math.round(others.reduce((best, sample) => (sample.rttMs < best.rttMs ? sample : best), first).offsetMs)
    },
  }
}

const outstandingMax = 16
const samplesMax = 8
