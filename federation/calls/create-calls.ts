/** Calls between nodes (spec/node-calls.md): a question and its answer, each on a stream of its own. */
import type { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import type { CborMap } from '../../spec/cbor.ts'
import type { NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  type NodeCallAnswer,
} from '../../spec/node-calls/frames.ts'
import type { NodeCallSpec } from '../../spec/node-calls/node-call.ts'
import type { FrameStream, Peer, Peers, Timers } from '../components.ts'

export interface CallsComponents {
  readonly peers: Peers
  readonly timers: Timers
  readonly logger: { warn(fields: object, message: string): void }
}

/** What answers a call. Throws HearthError to refuse; anything else is INTERNAL to the caller. */
export interface NodeCallHandler {
  readonly spec: NodeCallSpec
  handle(peer: Peer, input: never): Promise<unknown>
}

export const answerNode = <I extends z.ZodType, O extends z.ZodType>(
  spec: NodeCallSpec<I, O>,
  handle: (peer: Peer, input: z.output<I>) => Promise<z.input<O>>,
): NodeCallHandler => ({ spec, handle })

export interface Calls {
  /**
   * Asks a node that is connected. Throws what it refuses with, NODE_DOWN when it is not connected, CONNECTION_LOST,
   * NO_ANSWER after `limits.nodeCallTimeoutMs`, FRAME_INVALID for an answer that is none. Whether the other did
   * it is not known after the last four.
   */
  ask<I extends z.ZodType, O extends z.ZodType>(
    node: NodeId,
    spec: NodeCallSpec<I, O>,
    input: z.input<I>,
  ): Promise<z.output<O>>
  /** The peer that is connected now. */
  peer(node: NodeId): Peer | undefined
  /** Resolves when the node is connected; NODE_DOWN when it is not within `ms`. */
  connected(node: NodeId, ms: number): Promise<Peer>
  stop(): void
}

/** Answers from here on. */
export const createCalls = (components: CallsComponents, handlers: readonly NodeCallHandler[]): Calls => {
  const { peers, timers, logger } = components
  const byMethod = new Map(handlers.map((handler) => [handler.spec.method, handler]))
  const connected = new Map<NodeId, Peer>()
  const arrivals = new Map<NodeId, Set<(peer: Peer) => void>>()

  const forget = peers.onPeer((peer) => {
    connected.set(peer.nodeId, peer)
    void forgetOnceClosed(peer)
    peer.connection.onStream('call', (stream) => void answer(peer, stream))
    for (const arrived of arrivals.get(peer.nodeId) ?? []) arrived(peer)
  })

  const forgetOnceClosed = async (peer: Peer): Promise<void> => {
    await peer.closed
    if (connected.get(peer.nodeId) === peer) connected.delete(peer.nodeId)
  }

  const answer = async (peer: Peer, stream: FrameStream): Promise<void> => {
    // NCALL-6
    const end = peer.budget.openRequest()
    const cancel = timers.after(limits.nodeCallTimeoutMs, () => stream.abort(late()))
    try {
      await stream.write([encodeAnswer(end === undefined ? tooMany : await replyTo(peer, stream))])
      await stream.close()
    } catch (error) {
      stream.abort(asHearthError(error))
    } finally {
      cancel()
      end?.()
    }
  }

  const replyTo = async (peer: Peer, stream: FrameStream): Promise<NodeCallAnswer> => {
    const request = await readRequest(peer, stream)
    const handler = byMethod.get(request.method)
    if (handler === undefined) return { ok: false, code: 'NOT_FOUND', detail: `there is no call ${request.method}` }
    const input = handler.spec.input.safeParse(request.input)
    if (!input.success) return { ok: false, code: 'BAD_REQUEST', detail: `${request.method}: the input is not valid` }
    try {
      const output = handler.spec.output.parse(await handler.handle(peer, input.data as never)) as CborMap
      return { ok: true, output }
    } catch (error) {
      if (error instanceof HearthError) return { ok: false, code: error.code, detail: error.message }
      logger.warn({ peer: peer.nodeId, method: request.method, error }, 'a call of a peer failed')
      return { ok: false, code: 'INTERNAL', detail: 'the node made an error' }
    }
  }

  return {
    async ask(node, spec, input) {
      const peer = connected.get(node)
      if (peer === undefined) throw new HearthError('NODE_DOWN', `no connection to ${node}`)
      const request = encodeRequest({ method: spec.method, input: input as CborMap })
      const stream = await peer.connection.open('call')
      const cancel = timers.after(limits.nodeCallTimeoutMs, () => stream.abort(late()))
      try {
        await stream.write([request])
        const reply = decodeAnswer(await readOne(stream))
        if (!reply.ok) throw new HearthError(reply.code, reply.detail)
        const output = spec.output.safeParse(reply.output)
        if (output.success) return output.data
        throw new HearthError('FRAME_INVALID', `${node} answers ${spec.method} with something else`)
      } finally {
        cancel()
        await stream.close().catch(() => undefined)
      }
    },
    peer: (node) => connected.get(node),
    connected(node, ms) {
      const peer = connected.get(node)
      if (peer !== undefined) return Promise.resolve(peer)
      return new Promise((resolve, reject) => {
        const waiting = arrivals.get(node) ?? new Set()
        arrivals.set(node, waiting)
        const done = (): void => {
          cancel()
          waiting.delete(arrived)
          if (waiting.size === 0) arrivals.delete(node)
        }
        const arrived = (found: Peer): void => {
          done()
          resolve(found)
        }
        const cancel = timers.after(ms, () => {
          done()
          reject(new HearthError('NODE_DOWN', `${node} does not answer`))
        })
        waiting.add(arrived)
      })
    },
    stop: forget,
  }
}

/** NCALL-3: what does not decode costs the peer as a frame of the link does. */
const readRequest = async (peer: Peer, stream: FrameStream) => {
  try {
    return decodeRequest(await readOne(stream))
  } catch (error) {
    if (error instanceof HearthError && error.code === 'FRAME_INVALID') {
      peer.budget.fault(limits.peerFaultsMax, error.message)
    }
    throw error
  }
}

const readOne = async (stream: FrameStream): Promise<Uint8Array> => {
  const frames = await stream.read()
  if (frames === undefined) throw new HearthError('CONNECTION_LOST', 'the call ended without an answer')
  const [frame, ...more] = frames
  if (frame === undefined || more.length > 0) throw new HearthError('FRAME_INVALID', 'more than one frame in a call')
  return frame
}

const asHearthError = (error: unknown): HearthError =>
  error instanceof HearthError ? error : new HearthError('INTERNAL', undefined, { cause: error })

const late = (): HearthError => new HearthError('NO_ANSWER', 'the other node did not answer in time')

const tooMany: NodeCallAnswer = { ok: false, code: 'RATE_LIMITED', detail: 'too many calls at a time' }
