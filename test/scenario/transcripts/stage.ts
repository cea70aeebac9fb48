/** One node with two people on it, or two nodes with one each, who share a server. */
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { channelList } from '../../../spec/calls/channel.list.ts'
import { serverJoin } from '../../../spec/calls/server.join.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'
import { createPlayer, type Player } from './player.ts'
import { createTranscript, type Transcript } from './transcript.ts'

export type SiteName = 'oak' | 'elm'

export interface Stage extends AsyncDisposable {
  readonly transcript: Transcript
  readonly sites: readonly SiteName[]
  /** MQTT 5. */
  readonly alice: Player
  /** MQTT 3.1.1; at elm when there are two nodes. */
  readonly bob: Player
  readonly general: ChannelId
  /** How each finds the other. */
  readonly alices: string
  readonly bobs: string
  /** Ids that a step has learnt, for those after it. */
  readonly memo: Map<string, string>
  /** SIGKILL now, and a restart; players notice by their connections. Resolves when it is up again. */
  kill(site: SiteName): Promise<void>
  /** Tries again whenever something has come, until it holds. Throws what it threw last, after a minute. */
  eventually(holds: () => Promise<void>): Promise<void>
}

const password = 'correct horse battery'
const inviteSchema = z.looseObject({ code: z.string(), link: z.string().optional() })

/** Addresses of their own, so that nodes find each other where they were. */
const hosts = { oak: '127.0.0.71', elm: '127.0.0.72' } as const

export const openStage = async (count: 1 | 2, p2pPort = 47_101): Promise<Stage> => {
  await using opened = new AsyncDisposableStack()
  const sites: readonly SiteName[] = count === 1 ? ['oak'] : ['oak', 'elm']
  const transcript = createTranscript()
  const nodes = new Map<SiteName, { readonly node: NodeProcess; up: Promise<void> }>()
  await Promise.all(
    sites.map(async (site) => {
      const flags = ['--name', site, '--bind', hosts[site], '--message-rate', '0', '--p2p-port', String(p2pPort)]
      const node = opened.use(await startNode({ flags, startTimeoutMs: 30_000 }))
      nodes.set(site, { node, up: Promise.resolve() })
    }),
  )
  const at = (site: SiteName) => nodes.get(site) ?? missing(site)
  const enter = async (user: string, version: 4 | 5, site: SiteName): Promise<Player> => {
    const { node } = at(site)
    const { code } = await node.ask(inviteSchema, 'invite', 'create')
    const secret = `${code}:${password}`
    const isUp = (): Promise<void> => at(site).up
    const player = await createPlayer({ user, version, site, node, secret, password, transcript, isUp })
    opened.use(player)
    for (const filter of [`u/${user}/reply`, `u/${user}/inbox`]) await player.subscribe(filter)
    return player
  }
  const there = sites.at(-1) ?? 'oak'
  const alice = await enter('alice', 5, 'oak')
  const bob = await enter('bob', 4, there)
  const idOf = async (site: SiteName): Promise<string> =>
    (await at(site).node.ask(z.looseObject({ nodeId: z.string() }), 'status')).nodeId
  const [oakId, thereId] = [await idOf('oak'), await idOf(there)]
  transcript.name(oakId, 'oak')
  if (there === 'elm') {
    transcript.name(thereId, 'elm')
    const { link = '' } = await at('oak').node.ask(inviteSchema, 'invite', 'create', '--remote')
    await bob.call(serverJoin, { invite: link })
  }
  const { server } = at('oak').node.firstRun
  const { channels } = await alice.call(channelList, { server })
  const general = channels.find(({ handle }) => handle === 'general')?.id ?? missing('general')
  transcript.name(general, 'general')
  for (const player of [alice, bob]) {
    await player.subscribe(`c/${general}/events`)
    await player.subscribe('u/+/presence')
  }
  const everything = opened.move()
  return {
    transcript,
    sites,
    alice,
    bob,
    general,
    alices: there === 'oak' ? 'alice' : `alice@${oakId}`,
    bobs: there === 'oak' ? 'bob' : `bob@${thereId}`,
    memo: new Map(),
    kill: (site) => {
      const one = at(site)
      const restart = async (): Promise<void> => {
        await one.node.kill9()
        transcript.note(`kill -9 of ${site}, and a restart`)
        await one.node.restart()
      }
      one.up = restart()
      return one.up
    },
    eventually: async (holds) => {
      for (const until = Date.now() + 30_000; ;) {
        const news = Promise.race([alice.next(), bob.next()])
        try {
          return await holds()
        } catch (error) {
          if (Date.now() > until) throw error
          await Promise.race([news, pause(250)])
        }
      }
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}

const missing = (what: string): never => {
  throw new Error(`there is no ${what}`)
}
