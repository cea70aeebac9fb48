/** SYNC-16: presence and typing on `eph`: never stored, bounded, of one kind and key only the latest. */
import { decodeFrame } from '../../spec/sync/decode.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import type { FrameStream } from '../components.ts'
import type { Whisper } from './components.ts'
import { readAll, reasonOf, type Session } from './session.ts'

export interface Whispers {
  send(session: Session, whisper: Whisper): void
  readonly serve: (session: Session, stream: FrameStream) => Promise<void>
}

export const createWhispers = (heard: (session: Session, whisper: Whisper) => void): Whispers => {
  const streams = new WeakMap<Session, Promise<FrameStream>>()
  const pumping = new Set<Session>()

  const pump = async (session: Session): Promise<void> => {
    pumping.add(session)
    try {
      let opened = streams.get(session)
      if (opened === undefined) streams.set(session, (opened = session.peer.connection.open('eph')))
      const stream = await opened
      while (session.whispers.size > 0 && !session.closed) {
        const frames = [...session.whispers.values()].map((whisper) => encodeFrame({ type: 'whisper', ...whisper }))
        session.whispers.clear()
        await stream.write(frames)
      }
    } catch (error) {
      session.lastError = reasonOf(error)
      streams.delete(session)
      session.whispers.clear()
    } finally {
      pumping.delete(session)
    }
  }

  return {
    send(session, whisper) {
      const name = `${whisper.kind} ${Buffer.from(whisper.key).toString('latin1')}`
      session.whispers.delete(name)
      session.whispers.set(name, whisper)
      const [oldest] = session.whispers.keys()
      if (session.whispers.size > whispersMax && oldest !== undefined) session.whispers.delete(oldest)
      if (!pumping.has(session)) void pump(session)
    },
    serve: (session, stream) =>
      readAll(stream, (bytes) => {
        const frame = decodeFrame(bytes)
        if (frame.type === 'whisper') heard(session, { kind: frame.kind, key: frame.key, payload: frame.payload })
      }),
  }
}

const whispersMax = 256
