/** Our requests to one peer: one stream, answers told apart by their ids (SYNC-7). */
import { HearthError } from '../../spec/errors.ts'
import type { FeedId } from '../../spec/ids.ts'
import { decodeFrame } from '../../spec/sync/decode.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import type { EndFrame, Piece } from '../../spec/sync/frames.ts'
import type { FrameStream, Peer, Timers } from '../components.ts'
import { readAll } from './session.ts'

export interface Range {
  readonly feed: FeedId
  readonly from: number
  readonly to: number
  readonly down: boolean
}

export interface RangeClient {
  readonly open: number
  /**
   * Calls `take` for each piece, in order, the next one when it has resolved; false ends the answer early. Throws
   * CONNECTION_LOST, NO_ANSWER, FRAME_INVALID.
   */
  ask(range: Range, take: (piece: Piece) => Promise<boolean>): Promise<Pick<EndFrame, 'code' | 'detail'>>
  close(reason: HearthError): void
}

interface Asked {
  take(piece: Piece): Promise<boolean>
  heard(): void
  end(end: Pick<EndFrame, 'code' | 'detail'>): void
  fail(reason: unknown): void
}

export const createRangeClient = (peer: Peer, timers: Timers, answerMs: number): RangeClient => {
  const asked = new Map<number, Asked>()
  let stream: Promise<FrameStream> | undefined
  let nextId = 1

  const fail = (reason: unknown): void => {
    for (const one of asked.values()) one.fail(reason)
    asked.clear()
  }

  const opened = (): Promise<FrameStream> => {
    stream ??= peer.connection.open('range').then((fresh) => {
      readAll(fresh, (frame) => take(fresh, frame)).then(
        () => ended(new HearthError('CONNECTION_LOST', 'the peer closed its answers')),
        ended,
      )
      return fresh
    })
    stream.catch(ended)
    return stream
  }

  const ended = (reason: unknown): void => {
    stream = undefined
    fail(reason)
  }

  const take = async (from: FrameStream, bytes: Uint8Array): Promise<void> => {
    const frame = decodeFrame(bytes)
    if (frame.type !== 'range' && frame.type !== 'end') return
    const one = asked.get(frame.id)
    if (one === undefined) return
    one.heard()
    if (frame.type === 'end') {
      asked.delete(frame.id)
      one.end(frame)
    } else if (!(await one.take(frame.piece)) && asked.delete(frame.id)) {
      one.end({ code: undefined, detail: '' })
      await from.write([encodeFrame({ type: 'cancel', id: frame.id })])
    }
  }

  return {
    get open() {
      return asked.size
    },
    async ask({ feed, from, to, down }, takePiece) {
      const id = nextId++
      let cancel: (() => void) | undefined
      try {
        return await new Promise<Pick<EndFrame, 'code' | 'detail'>>((resolve, reject) => {
          const heard = (): void => {
            cancel?.()
            cancel = timers.after(answerMs, () => {
              const reason = new HearthError('NO_ANSWER', `the peer has not answered for ${answerMs} ms`)
              void stream?.then((open) => open.abort(reason)).catch(() => undefined)
              ended(reason)
            })
          }
          asked.set(id, { take: takePiece, heard, end: resolve, fail: reject })
          heard()
          opened()
            .then((open) => open.write([encodeFrame({ type: 'want', id, feed, from, to, down })]))
            .catch(reject)
        })
      } finally {
        asked.delete(id)
        cancel?.()
      }
    },
    close(reason) {
      void stream?.then((open) => open.abort(reason)).catch(() => undefined)
      ended(reason)
    },
  }
}
