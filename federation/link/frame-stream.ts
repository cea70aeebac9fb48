/** A libp2p 3 stream as a stream of frames that holds back whoever is too fast, in both directions (LINK-5, LINK-6). */
import type { Stream } from '@libp2p/interface'
import { HearthError } from '../../spec/errors.ts'
import type { FrameStream } from '../components.ts'
import { createFrameDecoder, encodeFrames, frameCost } from './frames.ts'

/**
 * Reading: past `readAheadBytes` of frames that nobody took, the stream is paused; yamux then grants no more window,
 * and its own buffer holds one window at most. Writing: frames of one turn leave in one send, as many sends as the
 * peer's window takes; a writer that does not wait for its promise is cut off at `writeAheadBytes` with SLOW_CONSUMER.
 */
export const createFrameStream = (stream: Stream): FrameStream => {
  const reading = createReading(stream, fail)
  const writing = createWriting(stream, fail)
  closeWhenIdle(stream, writing)

  stream.addEventListener('close', (event) => {
    if (event.error !== undefined) reading.fail(lost(event.error))
    else if (stream.readBufferLength === 0) reading.end()
    writing.fail(lost(event.error))
  })
  // What the peer did before we got hold of the stream raises no event any more.
  if (stream.status !== 'open') fail(lost(undefined))
  else if (stream.readableEnded) reading.end()

  function fail(reason: HearthError): void {
    reading.fail(reason)
    writing.fail(reason)
    stream.abort(reason)
  }

  return { read: reading.read, write: writing.write, close: writing.close, abort: fail }
}

const readAheadBytes = 256 * 1024
/** One send: more makes no difference, and noise cuts at 64 KiB. */
const sendBytes = 256 * 1024
const writeAheadBytes = 4 * 1024 * 1024
const closeMs = 10_000

const lost = (cause: unknown): HearthError => new HearthError('CONNECTION_LOST', 'the stream has ended', { cause })

/** LINK-4: our side is closed once the peer has closed its own and we write no more: an inbound stream never stays half open. */
const closeWhenIdle = (stream: Stream, writing: Writing): void => {
  let timer: NodeJS.Timeout | undefined
  const again = (): void => {
    timer = setTimeout(() => (writing.isIdle() ? void writing.close() : again()), closeMs).unref()
  }
  if (stream.remoteWriteStatus === 'closed') again()
  else stream.addEventListener('remoteCloseWrite', again)
  stream.addEventListener('close', () => clearTimeout(timer))
}

interface Reading {
  readonly read: FrameStream['read']
  end(): void
  fail(reason: HearthError): void
}

const createReading = (stream: Stream, fail: (reason: HearthError) => void): Reading => {
  const decoder = createFrameDecoder()
  let queue: Uint8Array[] = []
  let queued = 0
  let end: 'open' | 'ended' | HearthError = 'open'
  let wake: (() => void) | undefined

  const settle = (how: 'ended' | HearthError): void => {
    if (end === 'open') end = how
    wake?.()
  }

  stream.addEventListener('message', ({ data }) => {
    if (end !== 'open') return
    try {
      for (const frame of decoder.push(data.subarray())) {
        queue.push(frame)
        queued += frameCost(frame)
      }
    } catch (error) {
      fail(error instanceof HearthError ? error : lost(error))
      return
    }
    if (queued > readAheadBytes && stream.readStatus === 'readable') stream.pause()
    if (queue.length > 0) wake?.()
  })
  const ended = (): void => {
    const cut = decoder.isPartial() || stream.status === 'aborted' || stream.status === 'reset'
    settle(cut ? lost(undefined) : 'ended')
  }
  stream.addEventListener('end', ended)

  const take = (): readonly Uint8Array[] => {
    const frames = queue
    queue = []
    queued = 0
    if (stream.readStatus === 'paused') stream.resume()
    return frames
  }

  return {
    async read() {
      if (wake !== undefined) throw new HearthError('INTERNAL', 'a frame stream has one reader')
      while (queue.length === 0) {
        if (end === 'ended') return undefined
        if (end !== 'open') throw end
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
      }
      return take()
    },
    end: ended,
    fail: settle,
  }
}

interface Writing {
  readonly write: FrameStream['write']
  readonly close: FrameStream['close']
  isIdle(): boolean
  fail(reason: HearthError): void
}

const createWriting = (stream: Stream, fail: (reason: HearthError) => void): Writing => {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let pumping: Promise<void> | undefined
  let failure: HearthError | undefined
  let closing: Promise<void> | undefined
  let drained: (() => void) | undefined

  // Not `stream.onDrain()`: its promise stays resolved after the first drain (@libp2p/utils 7.4.1).
  stream.addEventListener('drain', () => drained?.())

  const room = async (): Promise<void> => {
    while (stream.writableNeedsDrain && failure === undefined) {
      await new Promise<void>((resolve) => {
        drained = resolve
      })
    }
    drained = undefined
    if (failure !== undefined) throw failure
  }

  const pump = async (): Promise<void> => {
    try {
      await Promise.resolve()
      while (waiting.length > 0) {
        stream.send(encodeFrames(takeBatch()))
        await room()
      }
      if (failure !== undefined) throw failure
    } catch (error) {
      const reason = failure ?? (error instanceof HearthError ? error : lost(error))
      fail(reason)
      throw reason
    } finally {
      pumping = undefined
    }
  }

  const takeBatch = (): Uint8Array[] => {
    let bytes = 0
    let count = 0
    for (const frame of waiting) {
      bytes += frameCost(frame)
      count++
      if (bytes >= sendBytes) break
    }
    waitingBytes -= bytes
    return waiting.splice(0, count)
  }

  return {
    async write(frames) {
      if (failure !== undefined) throw failure
      if (closing !== undefined) throw new HearthError('CONNECTION_LOST', 'this side of the stream is closed')
      if (waitingBytes > writeAheadBytes) {
        fail(new HearthError('SLOW_CONSUMER', 'the peer takes frames more slowly than they are written'))
        throw failure ?? lost(undefined)
      }
      for (const frame of frames) {
        waiting.push(frame)
        waitingBytes += frameCost(frame)
      }
      pumping ??= pump()
      await pumping
    },
    close() {
      closing ??= (async () => {
        await pumping
        if (failure !== undefined) return
        await stream.close({ signal: AbortSignal.timeout(closeMs) })
      })().catch((error: unknown) => fail(lost(error)))
      return closing
    },
    isIdle: () => pumping === undefined,
    fail(reason) {
      failure ??= reason
      waiting = []
      waitingBytes = 0
      drained?.()
    },
  }
}
