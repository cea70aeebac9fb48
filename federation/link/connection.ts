/** A libp2p connection behind the port that the rest of federation knows. */
import type { Connection as Libp2pConnection, Stream } from '@libp2p/interface'
import { HearthError } from '../../spec/errors.ts'
import type { Connection, FrameStream, StreamKind } from '../components.ts'
import { createFrameStream } from './frame-stream.ts'

/** LINK-3 */
export const protocols: Readonly<Record<StreamKind, string>> = {
  ctl: '/hearth/ctl/1',
  range: '/hearth/range/1',
  eph: '/hearth/eph/1',
  call: '/hearth/call/1',
  blob: '/hearth/blob/1',
}

export interface InboundConnection extends Connection {
  /** A stream that the peer opened. */
  accept(kind: StreamKind, stream: Stream): void
}

/** Undefined when the peer's key is none that a node has (LINK-2). */
export const wrapConnection = (connection: Libp2pConnection): InboundConnection | undefined => {
  const { publicKey } = connection.remotePeer
  if (publicKey?.type !== 'Ed25519') return undefined
  const handlers = new Map<StreamKind, (stream: FrameStream) => void>()
  return {
    remoteKey: publicKey.raw,
    inbound: connection.direction === 'inbound',
    relayed: !connection.direct,
    closed: new Promise((resolve) => {
      if (connection.status === 'closed' || connection.status === 'aborted') resolve()
      connection.addEventListener('close', () => resolve())
    }),

    async open(kind) {
      try {
        return createFrameStream(
          await connection.newStream(protocols[kind], { runOnLimitedConnection: true, maxOutboundStreams: streamsMax }),
        )
      } catch (cause) {
        throw new HearthError('CONNECTION_LOST', `no ${kind} stream to the peer: ${reasonOf(cause)}`, { cause })
      }
    },

    onStream(kind, handler) {
      handlers.set(kind, handler)
    },

    accept(kind, stream) {
      const handler = handlers.get(kind)
      if (handler === undefined) stream.abort(new Error(`no ${kind} stream is taken here`))
      else handler(createFrameStream(stream))
    },

    async close() {
      try {
        await connection.close()
      } catch (error) {
        connection.abort(error instanceof Error ? error : new Error(String(error)))
      }
    },
  }
}

/** LINK-4: streams of one kind and direction on one connection. */
export const streamsMax = 32

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
