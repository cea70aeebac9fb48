/** A few nodes that serve one server, in virtual time and without faults. */
import type { FrameStream, Peer } from '../../../../federation/components.ts'
import { createNetwork, type SimNetwork } from '../../../simulation/network.ts'
import { within, type Run } from '../../../simulation/run.ts'
import { begin } from '../../../simulation/simulate.ts'
import { createKeys, type Keys, type Site } from '../../../simulation/site.ts'
import { createWorld } from '../../../simulation/world.ts'
import { decodeFrame } from '../../../../spec/sync/decode.ts'
import { encodeFrame } from '../../../../spec/sync/encode.ts'
import type { SyncFrame, UnknownFrame } from '../../../../spec/sync/frames.ts'
import type { Entry } from '../../../../node/log/log.ts'
import { decodeMessage } from '../../../../spec/message.ts'
import type { ChannelId, NodeId } from '../../../../spec/ids.ts'

export interface Lab extends Run {
  readonly site: (index: number) => Site
  say(index: number, text: string, channel?: ChannelId): Promise<Entry>
  /** Texts of a channel at a site, in display order. */
  texts(index: number, channel?: ChannelId): Promise<string[]>
  settle<T>(promise: Promise<T>): Promise<T>
  /** Connected to all sites, with no node behind it; with the keys of somebody, or fresh ones. */
  stranger(keys?: Keys): Promise<Stranger>
}

export interface Stranger {
  readonly keys: Keys
  readonly frames: (SyncFrame | UnknownFrame)[]
  readonly bytesIn: () => number
  readonly send: (to: number, ...frames: SyncFrame[]) => void
  readonly range: (to: number) => Promise<FrameStream>
}

export const openLab = async (init: { sites?: number; meshMax?: number; seed?: number } = {}): Promise<Lab> => {
  const world = createWorld(init.seed ?? 1)
  const network: SimNetwork = createNetwork(world)
  const run = await begin(world, network, {
    sites: init.sites ?? 3,
    ...(init.meshMax !== undefined && { meshMax: init.meshMax }),
  })
  await world.run(2_000)
  const settle = <T>(promise: Promise<T>): Promise<T> => within(world, promise, 60_000, 'this')
  const site = (index: number): Site => {
    const found = run.sites[index]
    if (found === undefined) throw new RangeError(`there is no site ${index}`)
    return found
  }
  return {
    ...run,
    site,
    settle,
    say(index, text, channel = run.general) {
      const said = site(index).process.say(channel, text)
      return said === undefined ? Promise.reject(new Error('not allowed')) : settle(said)
    },
    async texts(index, channel = run.general) {
      const page = await settle(site(index).process.log.page(channel, {}, 1_000))
      return page.map(({ type, body }) => (body === undefined ? '(erased)' : textOf(type, body)))
    },
    async stranger(keys = createKeys(world)) {
      const station = network.join(keys.nodeId, {
        soon: (work) => void world.after(0, work),
        after: (ms, work) => world.after(ms, work),
      })
      const peers = new Map<NodeId, Peer>()
      let bytes = 0
      const frames: (SyncFrame | UnknownFrame)[] = []
      const read = async (found: Peer): Promise<void> => {
        for (;;) {
          const more = await found.ctl.read()
          if (more === undefined) return
          for (const frame of more) {
            bytes += frame.length
            frames.push(decodeFrame(frame))
          }
        }
      }
      station.onPeer((found) => {
        peers.set(found.nodeId, found)
        read(found).catch(() => undefined)
      })
      const peerOf = (index: number): Peer => {
        const found = peers.get(site(index).keys.nodeId)
        if (found === undefined) throw new Error('no connection')
        return found
      }
      const up = run.sites.filter(({ isUp }) => isUp)
      await world.runUntil(() => peers.size === up.length, 5_000)
      return {
        keys,
        frames,
        bytesIn: () => bytes,
        send: (to, ...sent) =>
          void peerOf(to)
            .ctl.write(sent.map((frame) => encodeFrame(frame)))
            .catch(() => undefined),
        range: (to) => peerOf(to).connection.open('range'),
      }
    },
  }
}

const textOf = (type: string, body: Uint8Array): string => (type === 'msg' ? decodeMessage(body).text : type)
