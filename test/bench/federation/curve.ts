/**
 * What one message costs the node that it is said on, by the number of nodes of the server: the real log (in memory) and the
 * real sync, connected to as many stand-ins as SYNC-12 to SYNC-14 have it connected to. A stand-in says that it has nothing,
 * asks for pushes as a leaf would, and acknowledges what it is pushed. Each message is sealed by itself: the dearest case.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createSync } from '../../../federation/sync/index.ts'
import { hubsPerLeaf, topologyOf } from '../../../federation/sync/hubs.ts'
import { createLog } from '../../../node/log/create-log.ts'
import { localTimers } from '../../../node/log/components.ts'
import { sha256 } from '../../../node/crypto.ts'
import { encodeBase32 } from '../../../spec/base32.ts'
import type { FeedId, NodeId, ServerId } from '../../../spec/ids.ts'
import { encodeFrame } from '../../../spec/sync/encode.ts'
import { frameTypes } from '../../../spec/sync/frames.ts'
import { connectPeers, createMemoryPeers } from '../../support/memory-peers.ts'
import { channelId, components, createKeys, draft } from '../../unit/node/log/fixture.ts'
import { figureText } from '../markdown-table.ts'

export interface Cost {
  /** CPU per message in µs: the log, the seal, sync, and the little that the stand-ins take. */
  readonly cpuUs: number
  /** Frames and bytes that leave the origin per message. */
  readonly frames: number
  readonly bytes: number
  /** Nodes that it is connected to. */
  readonly links: number
}

export interface CurvePoint {
  readonly nodes: number
  readonly leaf: Cost
  /** Undefined up to 32 nodes: there are no hubs. */
  readonly hub: Cost | undefined
}

export const curveHeading = [
  'nodes',
  'links',
  'frames a message',
  'bytes a message',
  'CPU µs a message',
  'on a hub: links',
  'frames',
  'bytes',
  'CPU µs',
]

export const curveLines = (points: readonly CurvePoint[]): string[][] =>
  points.map(({ nodes, leaf, hub }) => [
    figureText(nodes, 0),
    ...[leaf, hub].flatMap((cost) => [
      figureText(cost?.links, 0),
      figureText(cost?.frames, 1),
      figureText(cost?.bytes, 0),
      figureText(cost?.cpuUs, 0),
    ]),
  ])

/** The first node that is no hub, and the first that is one. */
export const measureCurve = async (count: number): Promise<CurvePoint> => {
  const server = encodeBase32(randomBytes(32)) as ServerId
  const origins = Array.from({ length: count }, () => createKeys())
  const nodes = origins.map(({ nodeId }) => nodeId)
  const isHub = (self: NodeId): boolean => topologyOf(sha256, { server, self, nodes, meshMax }).isHub
  const leaf = origins.find(({ nodeId }) => !isHub(nodeId))
  const hub = origins.find(({ nodeId }) => isHub(nodeId))
  if (leaf === undefined) throw new Error('a server of hubs only')
  return {
    nodes: count,
    leaf: await costAt(leaf, { server, nodes }),
    hub: hub && (await costAt(hub, { server, nodes })),
  }
}

const costAt = async (
  keys: ReturnType<typeof createKeys>,
  { server, nodes }: { readonly server: ServerId; readonly nodes: readonly NodeId[] },
): Promise<Cost> => {
  const clock = { now: () => Date.now() }
  const [governance, channel] = [channelId(), channelId()]
  await using log = await createLog({ ...components({ clock }), keys }, { sealAfterMs: 1 })
  const others = nodes.filter((node) => node !== keys.nodeId)
  const peers = createMemoryPeers(keys.nodeId)
  const certificate = randomBytes(certificateBytes)
  await using sync = createSync(
    {
      log: {
        sealedFeeds: (of) => log.sealedFeeds(of),
        slice: (feed, from, limit) => log.slice(feed, from, limit),
        appendRemote: () => Promise.reject(new Error('the stand-ins say nothing')),
        get: (id) => log.get(id),
        onCommitted: (listener) => log.onCommitted(listener),
        onRetained: (listener) => log.onRetained(listener),
        onSealed: (listener) => log.onSealed(listener),
      },
      peers,
      directory: {
        servers: () => [{ server, governance, channels: [channel] }],
        peersOf: () => others,
        mayServe: () => true,
        mayWrite: () => true,
        onChanged: () => () => undefined,
      },
      keys: { of: () => [{ publicKey: keys.publicKey, certificate, notBeforeMs: 0 }], learn: () => true },
      hash: sha256,
      verify: keys.verify,
      timers: localTimers,
      clock,
      random: Math.random,
      logger: { debug: () => undefined, warn: () => undefined },
    },
    { nodeId: keys.nodeId },
  )
  sync.start()

  const seen = { frames: 0, bytes: 0, sealed: 0, feed: undefined as FeedId | undefined }
  let ack: Uint8Array | undefined
  let whenSealed = (): void => undefined
  log.onSealed((sealed) => {
    for (const { feed, seal } of sealed) {
      seen.sealed = seal.seq
      ack = encodeFrame({ type: 'ack', feed, seq: seal.seq })
    }
    whenSealed()
  })
  const linked = linksOf(keys.nodeId, { server, nodes })
  const greeting = encodeFrame({ type: 'vector', channel, ask: false, more: false, feeds: [] })
  for (const { node, graft } of linked) {
    const there = createMemoryPeers(node)
    there.onPeer(({ ctl }) => {
      const graftFrame = graft === undefined ? [] : [encodeFrame({ type: 'graft', server, eager: graft === 'eager' })]
      const listen = async (): Promise<void> => {
        await ctl.write([greeting, ...graftFrame])
        for (let read = await ctl.read(); read !== undefined; read = await ctl.read()) {
          seen.frames += read.length
          for (const frame of read) seen.bytes += frame.length
          if (ack !== undefined && read.some((frame) => frame[1] === frameTypes.push)) await ctl.write([ack])
        }
      }
      listen().catch(() => undefined) // the end of the measurement
    })
    connectPeers(peers, there)
  }

  const speak = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index += 1) {
      const sealed = new Promise<void>((resolve) => (whenSealed = resolve))
      await log.append(draft(channel, 'a message'.padEnd(190, 'x')))
      await sealed
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    await delay(50)
  }
  await delay(50)
  await speak(warmUpMessages)
  const before = { ...seen }
  const used = process.cpuUsage()
  await speak(messages)
  const { user, system } = process.cpuUsage(used)
  if (peers.faults.length > 0) throw new Error(`the stand-ins misbehave: ${peers.faults[0]}`)
  return {
    cpuUs: (user + system) / messages,
    frames: (seen.frames - before.frames) / messages,
    bytes: (seen.bytes - before.bytes) / messages,
    links: linked.length,
  }
}

interface Link {
  readonly node: NodeId
  readonly graft: 'eager' | 'lazy' | undefined
}

/** Whom a node is connected to, and which of them ask it for pushes. */
const linksOf = (
  self: NodeId,
  { server, nodes }: { readonly server: ServerId; readonly nodes: readonly NodeId[] },
): Link[] => {
  const own = topologyOf(sha256, { server, self, nodes, meshMax })
  const others = nodes.filter((node) => node !== self)
  if (own.mesh) return others.map((node) => ({ node, graft: undefined }))
  if (!own.isHub) return own.preferred.slice(0, hubsPerLeaf).map((node) => ({ node, graft: undefined }))
  return others.flatMap((node): Link[] => {
    if (own.hubs.has(node)) return [{ node, graft: undefined }]
    const rank = topologyOf(sha256, { server, self: node, nodes, meshMax }).preferred.indexOf(self)
    if (rank === -1 || rank >= hubsPerLeaf) return []
    return [{ node, graft: rank === 0 ? 'eager' : 'lazy' }]
  })
}

const meshMax = 32

const certificateBytes = 200
const warmUpMessages = 300
const messages = 500
