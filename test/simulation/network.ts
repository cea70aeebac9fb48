/**
 * A virtual network at the level of peers: streams in order, each with its own delay, that hold back a fast writer; one-way
 * cuts that leave a connection half dead until somebody notices; reconnects. Who is who is proven by construction.
 */
import { createBudget, defaultBudget } from '../../federation/peers/budget.ts'
import type { Connection, FrameStream, Peer, Peers, StreamKind, Timers } from '../../federation/components.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { World } from './world.ts'

/** One process on the network. */
export interface Station extends Peers {
  readonly nodeId: NodeId
  readonly timers: Timers
  /** Bytes and frames that left it. */
  readonly sent: { bytes: number; frames: number }
  leave(): void
}

export interface SimNetwork {
  join(nodeId: NodeId, timers: Timers): Station
  /** Nothing goes from a to b any more. */
  cut(a: NodeId, b: NodeId): void
  heal(): void
  /** Connections break, with what was on its way. */
  drop(a: NodeId, b: NodeId): void
  /** Who was cut off by whom, and why. */
  readonly cutOffs: { readonly by: NodeId; readonly node: NodeId; readonly reason: string }[]
  isLinked(a: NodeId, b: NodeId): boolean
  /** Slow and lossy, or quick. */
  calm: boolean
}

interface Link {
  readonly ends: readonly [NodeId, NodeId]
  close(): void
}

export const createNetwork = (world: World): SimNetwork => {
  const stations = new Map<
    NodeId,
    Station & { readonly listeners: Set<(peer: Peer) => void>; readonly here: Set<Peer> }
  >()
  const links = new Map<string, Link>()
  const cuts = new Set<string>()
  const banned = new Set<string>()
  const cutOffs: { by: NodeId; node: NodeId; reason: string }[] = []
  const dialling = new Set<string>()

  const nameOf = (a: NodeId, b: NodeId): string => (a < b ? `${a} ${b}` : `${b} ${a}`)
  const isCut = (from: NodeId, to: NodeId): boolean => cuts.has(`${from} ${to}`)
  const delayMs = (): number =>
    network.calm ? 0.5 + world.random() : world.chance(0.1) ? 20 + world.random() * 300 : 0.5 + world.random() * 10

  const plan = (a: NodeId, b: NodeId): void => {
    const name = nameOf(a, b)
    if (dialling.has(name)) return
    dialling.add(name)
    world.after(network.calm ? 5 + world.random() * 20 : 20 + world.random() * 800, () => {
      dialling.delete(name)
      if (links.has(name) || !stations.has(a) || !stations.has(b)) return
      if (isCut(a, b) || isCut(b, a)) plan(a, b)
      else if (!banned.has(name)) connect(a, b)
    })
  }

  const connect = (a: NodeId, b: NodeId): void => {
    const name = nameOf(a, b)
    const near = stations.get(a)
    const far = stations.get(b)
    if (near === undefined || far === undefined) return
    const pipes = new Set<Pipe>()
    let close = (): void => undefined
    let isOpen = true
    const closed = new Promise<void>((resolve) => {
      close = resolve
    })
    const end = (): void => {
      if (!isOpen) return
      isOpen = false
      links.delete(name)
      for (const pipe of pipes) pipe.end(new HearthError('CONNECTION_LOST', 'the connection is gone'))
      close()
      plan(a, b)
    }
    links.set(name, { ends: [a, b], close: end })

    const pipe = (from: NodeId, to: NodeId): Pipe => {
      const made = createPipe({
        world,
        delayMs,
        isCut: () => isCut(from, to),
        isOpen: () => isOpen,
        count: (frames, bytes) => {
          const { sent } = stations.get(from) ?? { sent: { frames: 0, bytes: 0 } }
          sent.frames += frames
          sent.bytes += bytes
        },
      })
      pipes.add(made)
      return made
    }
    const streams = (from: NodeId, to: NodeId): [FrameStream, FrameStream] => {
      const there = pipe(from, to)
      const back = pipe(to, from)
      return [streamOf(back, there), streamOf(there, back)]
    }
    const handlers = { [a]: new Map<StreamKind, Handler>(), [b]: new Map<StreamKind, Handler>() }
    const early: { readonly at: NodeId; readonly kind: StreamKind; readonly stream: FrameStream }[] = []
    const connectionOf = (own: NodeId, other: NodeId, inbound: boolean): Connection => ({
      remoteKey: new Uint8Array(32),
      inbound,
      relayed: false,
      open(kind) {
        if (!isOpen) return Promise.reject(new HearthError('CONNECTION_LOST', 'the connection is gone'))
        const [mine, theirs] = streams(own, other)
        world.after(delayMs(), () => {
          const handler = handlers[other]?.get(kind)
          if (handler !== undefined) handler(theirs)
          else early.push({ at: other, kind, stream: theirs })
        })
        return Promise.resolve(mine)
      },
      onStream(kind, handler) {
        handlers[own]?.set(kind, handler)
        for (const one of early.splice(0)) {
          if (one.at === own && one.kind === kind) handler(one.stream)
          else early.push(one)
        }
      },
      closed,
      close() {
        end()
        return Promise.resolve()
      },
    })
    const [ctlNear, ctlFar] = streams(a, b)
    const peerFor = (at: Station, of: NodeId, ctl: FrameStream, inbound: boolean): Peer => ({
      nodeId: of,
      key: new Uint8Array(32),
      name: of.slice(0, 6),
      capabilities: [],
      connection: connectionOf(at.nodeId, of, inbound),
      ctl,
      budget: createBudget(
        {
          timers: at.timers,
          monotonicMs: () => world.nowMs,
          cutOff(reason) {
            cutOffs.push({ by: at.nodeId, node: of, reason })
            world.saw('a peer is cut off')
            banned.add(name)
            world.after(20_000, () => {
              banned.delete(name)
              plan(a, b)
            })
            end()
          },
        },
        defaultBudget,
      ),
      clockOffsetMs: () => undefined,
      closed,
    })
    const greet = (station: typeof near, peer: Peer): void => {
      station.here.add(peer)
      void closed.then(() => station.here.delete(peer))
      for (const listener of station.listeners) listener(peer)
    }
    greet(near, peerFor(near, b, ctlNear, false))
    greet(far, peerFor(far, a, ctlFar, true))
  }

  const network: SimNetwork = {
    calm: true,
    cutOffs,
    isLinked: (a, b) => links.has(nameOf(a, b)),
    join(nodeId, timers) {
      const listeners = new Set<(peer: Peer) => void>()
      const here = new Set<Peer>()
      const station = {
        nodeId,
        timers,
        listeners,
        here,
        sent: { bytes: 0, frames: 0 },
        onPeer(listener: (peer: Peer) => void) {
          listeners.add(listener)
          for (const peer of here) listener(peer)
          return () => void listeners.delete(listener)
        },
        leave() {
          listeners.clear()
          if (stations.get(nodeId) === station) stations.delete(nodeId)
          for (const link of links.values()) if (link.ends.includes(nodeId)) link.close()
        },
      }
      stations.set(nodeId, station)
      for (const other of stations.keys()) if (other !== nodeId) plan(nodeId, other)
      return station
    },
    cut(a, b) {
      cuts.add(`${a} ${b}`)
      world.saw('a one-way cut')
      // Silence is noticed in the end (LINK-15), here a little sooner.
      world.after(1_000 + world.random() * 4_000, () => {
        if (isCut(a, b)) links.get(nameOf(a, b))?.close()
      })
    },
    heal() {
      cuts.clear()
      banned.clear()
      for (const a of stations.keys())
        for (const b of stations.keys()) if (a < b && !links.has(nameOf(a, b))) plan(a, b)
    },
    drop: (a, b) => links.get(nameOf(a, b))?.close(),
  }
  return network
}

type Handler = (stream: FrameStream) => void

interface Pipe {
  put(frames: readonly Uint8Array[]): Promise<void>
  take(): Promise<readonly Uint8Array[] | undefined>
  end(reason: HearthError | undefined): void
}

const streamOf = (read: Pipe, write: Pipe): FrameStream => ({
  write: (frames) => write.put(frames),
  read: () => read.take(),
  close: () => Promise.resolve(write.end(undefined)),
  abort(reason) {
    read.end(reason)
    write.end(reason)
  },
})

const createPipe = (parts: {
  readonly world: World
  readonly delayMs: () => number
  readonly isCut: () => boolean
  readonly isOpen: () => boolean
  readonly count: (frames: number, bytes: number) => void
}): Pipe => {
  const { world } = parts
  let arrived: Uint8Array[] = []
  let held = 0
  let lastMs = 0
  let ended: { readonly reason: HearthError | undefined } | undefined
  let wake: (() => void)[] = []
  const change = (): void => {
    for (const one of wake.splice(0)) one()
  }
  const failIfEnded = (): void => {
    if (ended?.reason !== undefined) throw ended.reason
  }
  const changed = (): Promise<void> => new Promise((resolve) => void wake.push(resolve))

  const deliver = (frames: readonly Uint8Array[]): void => {
    if (!parts.isOpen()) return
    if (parts.isCut()) {
      world.after(200, () => deliver(frames))
      return
    }
    arrived.push(...frames)
    change()
  }

  return {
    async put(frames) {
      if (ended !== undefined) throw ended.reason ?? new HearthError('CONNECTION_LOST', 'the stream has ended')
      // What is sent is sent: nobody changes it on the way.
      const copies = frames.map((frame) => Uint8Array.from(frame))
      const bytes = copies.reduce((sum, { length }) => sum + length, 0)
      parts.count(copies.length, bytes)
      held += bytes
      lastMs = Math.max(lastMs + 0.001, world.nowMs + parts.delayMs())
      world.after(lastMs - world.nowMs, () => deliver(copies))
      while (held > writeAheadBytes && ended === undefined) await changed()
      failIfEnded()
    },
    async take() {
      while (arrived.length === 0 && ended === undefined) await changed()
      failIfEnded()
      if (arrived.length === 0) return undefined
      const frames = arrived
      arrived = []
      held -= frames.reduce((sum, { length }) => sum + length, 0)
      change()
      return frames
    },
    end(reason) {
      ended ??= { reason }
      change()
    },
  }
}

const writeAheadBytes = 256 * 1024
