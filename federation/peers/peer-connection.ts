/** A connection as its peer's user sees it: streams metered, and those that came early kept until a handler is set. */
import { HearthError } from '../../spec/errors.ts'
import type { Connection, FrameStream, StreamKind } from '../components.ts'

export interface PeerConnection extends Connection {
  /** The peer has proven who it is: from now on its streams are handed out, each through `meter`. */
  admit(meter: (stream: FrameStream) => FrameStream): void
}

/** Takes `range`, `eph`, `call` and `blob` of a connection; `ctl` stays with the link. */
export const createPeerConnection = (connection: Connection): PeerConnection => {
  const handlers = new Map<StreamKind, (stream: FrameStream) => void>()
  const early = new Map<StreamKind, FrameStream[]>()
  let meter: ((stream: FrameStream) => FrameStream) | undefined

  const take = (kind: StreamKind, stream: FrameStream): void => {
    const handler = handlers.get(kind)
    if (meter !== undefined && handler !== undefined) {
      handler(meter(stream))
      return
    }
    const waiting = early.get(kind) ?? []
    if (waiting.length >= earlyStreamsMax)
      stream.abort(new HearthError('PEER_REFUSED', `no ${kind} stream is taken here`))
    else early.set(kind, [...waiting, stream])
  }

  const handOut = (kind: StreamKind): void => {
    const waiting = early.get(kind) ?? []
    early.delete(kind)
    for (const stream of waiting) take(kind, stream)
  }

  for (const kind of kinds) connection.onStream(kind, (stream) => take(kind, stream))

  return {
    remoteKey: connection.remoteKey,
    inbound: connection.inbound,
    relayed: connection.relayed,
    async open(kind) {
      const stream = await connection.open(kind)
      return meter === undefined ? stream : meter(stream)
    },
    onStream(kind, handler) {
      handlers.set(kind, handler)
      if (meter !== undefined) handOut(kind)
    },
    admit(metering) {
      meter = metering
      for (const kind of handlers.keys()) handOut(kind)
    },
    closed: connection.closed,
    close: () => connection.close(),
  }
}

const kinds: readonly StreamKind[] = ['range', 'eph', 'call', 'blob']
/** They hold a paused stream each, nothing more. */
const earlyStreamsMax = 8
