/** SYNC-16: presence and typing on `eph`: never stored, bounded, of one kind and key only the latest. */
import { decodeFrame } from '../../spec/sync/decode.ts'
import { encodeFrame } from '../../spec/sync/encode.ts'
import { limits } from '../../spec/limits.ts'
import type { FrameStream } from '../components.ts'
import type { Whisper } from './components.ts'
import { readAll, reasonOf, type Session } from './session.ts'

export interface Whispers {
  /** False: the peer did not get it, as it reads too slowly, is gone, or a newer one took its place. Never rejects. */
  send(session: Session, whisper: Whisper): Promise<boolean>
  readonly serve: (session: Session, stream: FrameStream) => Promise<void>
}

export const createWhispers = (heard: (session: Session, whisper: Whisper) => void): Whispers => {
  const streams = new WeakMap<Session, Promise<FrameStream>>()
  const pumping = new Set<Session>()

  const pump = async (session: Session): Promise<void> => {
    pumping.add(session)
    let taken: readonly Waiting[] = []
    try {
      let opened = streams.get(session)
      if (opened === undefined) streams.set(session, (opened = session.peer.connection.open('eph')))
      const stream = await opened
      while (session.whispers.size > 0 && !session.closed) {
        taken = [...session.whispers.values()]
        session.whispers.clear()
        await stream.write(taken.map(({ whisper }) => encodeFrame({ type: 'whisper', ...whisper })))
        settle(taken, true)
        taken = []
      }
    } catch (error) {
      session.lastError = reasonOf(error)
      streams.delete(session)
    } finally {
      pumping.delete(session)
      const lost = [...taken, ...session.whispers.values()]
      session.whispers.clear()
      settle(lost, false)
    }
  }

  return {
    send: (session, whisper) =>
      new Promise((resolve) => {
        if (session.closed) return resolve(false)
        const name = `${whisper.kind} ${Buffer.from(whisper.key).toString('latin1')}`
        const older = session.whispers.get(name)
        session.whispers.delete(name)
        session.whispers.set(name, { whisper, settle: resolve })
        older?.settle(false)
        const [oldest] = session.whispers
        if (session.whispers.size > limits.whispersWaitingMax && oldest !== undefined) {
          session.whispers.delete(oldest[0])
          oldest[1].settle(false)
        }
        if (!pumping.has(session)) void pump(session)
      }),
    serve: (session, stream) =>
      readAll(stream, (bytes) => {
        session.peer.budget.spendEvents(eventsPerWhisper)
        const frame = decodeFrame(bytes)
        if (frame.type === 'whisper') heard(session, { kind: frame.kind, key: frame.key, payload: frame.payload })
      }),
  }
}

type Waiting = Session['whispers'] extends ReadonlyMap<string, infer W> ? W : never

const settle = (whispers: readonly Waiting[], isWritten: boolean): void => {
  for (const whisper of whispers) whisper.settle(isWritten)
}

/** So a peer may whisper 10,000 times a second (LINK-14); an honest one does so an eighth as often. */
const eventsPerWhisper = 10
