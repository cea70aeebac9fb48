/** Nodes that are connected in memory: the port `Peers` without a network. */
import { HearthError } from '../../spec/errors.ts'
import type { Connection, FrameStream, Peer, Peers, StreamKind } from '../../federation/components.ts'
import type { NodeId } from '../../spec/ids.ts'

export interface MemoryPeers extends Peers {
  readonly nodeId: NodeId
  /** What `budget.fault` was told, by peer. */
  readonly faults: string[]
  /** Requests that a peer may have open here. */
  requestsMax: number
}

export const createMemoryPeers = (nodeId: NodeId): MemoryPeers & { add(peer: Peer): void } => {
  const here = new Set<Peer>()
  const listeners = new Set<(peer: Peer) => void>()
  return {
    nodeId,
    faults: [],
    requestsMax: 8,
    add(peer) {
      here.add(peer)
      void peer.closed.then(() => here.delete(peer))
      for (const listener of listeners) listener(peer)
    },
    onPeer(listener) {
      listeners.add(listener)
      for (const peer of here) listener(peer)
      return () => void listeners.delete(listener)
    },
  }
}

type Ends = ReturnType<typeof createMemoryPeers>

/** A connection between two nodes; returns its end. */
export const connectPeers = (a: Ends, b: Ends): (() => void) => {
  let close = (): void => undefined
  const closed = new Promise<void>((resolve) => {
    close = resolve
  })
  const streams = new Set<FrameStream>()
  const handlers = { a: new Map<StreamKind, Handler>(), b: new Map<StreamKind, Handler>() }
  const connectionOf = (own: 'a' | 'b', inbound: boolean): Connection => ({
    remoteKey: new Uint8Array(32),
    inbound,
    relayed: false,
    async open(kind) {
      const handler = handlers[own === 'a' ? 'b' : 'a'].get(kind)
      if (handler === undefined) throw new HearthError('CONNECTION_LOST', `no ${kind} stream is taken there`)
      const [near, far] = streamPair()
      streams.add(near).add(far)
      handler(far)
      return near
    },
    onStream: (kind, handler) => void handlers[own].set(kind, handler),
    closed,
    close: () => {
      for (const stream of streams) stream.abort(new HearthError('CONNECTION_LOST'))
      close()
      return Promise.resolve()
    },
  })
  const [ctlA, ctlB] = streamPair()
  const peerAt = (at: Ends, of: Ends, connection: Connection, ctl: FrameStream): Peer => {
    let open = 0
    return {
      nodeId: of.nodeId,
      key: new Uint8Array(32),
      name: of.nodeId.slice(0, 8),
      capabilities: [],
      connection,
      ctl,
      budget: {
        spendEvents: () => undefined,
        openRequest: () => {
          if (open >= at.requestsMax) return undefined
          open++
          return () => void open--
        },
        hold: () => () => undefined,
        fault: (_points, reason) => void at.faults.push(reason),
      },
      clockOffsetMs: () => 0,
      closed,
    }
  }
  const toB = connectionOf('a', false)
  const toA = connectionOf('b', true)
  a.add(peerAt(a, b, toB, ctlA))
  b.add(peerAt(b, a, toA, ctlB))
  return () => void toB.close()
}

type Handler = (stream: FrameStream) => void

const streamPair = (): [FrameStream, FrameStream] => {
  const there = createPipe()
  const back = createPipe()
  const end = (read: Pipe, write: Pipe): FrameStream => ({
    write: (frames) => write.put(frames),
    read: () => read.take(),
    close: () => Promise.resolve(write.end(undefined)),
    abort: (reason) => {
      read.end(reason)
      write.end(reason)
    },
  })
  return [end(back, there), end(there, back)]
}

type Pipe = ReturnType<typeof createPipe>

const createPipe = () => {
  let frames: Uint8Array[] = []
  let ended: { readonly reason: HearthError | undefined } | undefined
  let wake: (() => void)[] = []
  const change = (): void => {
    const waiting = wake
    wake = []
    for (const one of waiting) one()
  }
  return {
    put(more: readonly Uint8Array[]): Promise<void> {
      if (ended !== undefined) return Promise.reject(ended.reason ?? new HearthError('CONNECTION_LOST'))
      frames.push(...more)
      change()
      return Promise.resolve()
    },
    async take(): Promise<readonly Uint8Array[] | undefined> {
      while (frames.length === 0 && ended === undefined) await new Promise<void>((resolve) => wake.push(resolve))
      if (ended?.reason !== undefined) throw ended.reason
      const taken = frames
      frames = []
      return taken.length > 0 ? taken : undefined
    },
    end(reason: HearthError | undefined): void {
      ended ??= { reason }
      change()
    },
  }
}
