/** Members who talk: each message is tried again under its client message id until it is acknowledged. */
import type { Entry } from '../../node/log/log.ts'
import type { ChannelId, NodeId } from '../../spec/ids.ts'
import { isOut, type Run } from './run.ts'
import type { Site } from './site.ts'

export interface Said {
  readonly site: Site
  readonly channel: ChannelId
  readonly text: string
  /** Acknowledged as this event. */
  entry: Entry | undefined
  refused: boolean
  /** Its node was restored from a backup after the first try: the node cannot know the first try any more. */
  restoredSince: boolean
  /** … after the acknowledgement: it may have to be fetched from others. */
  lostAtHome: boolean
}

export interface Clients {
  readonly said: readonly Said[]
  say(site: Site, channel: ChannelId): void
  /** Nodes that have said that they hold it. */
  holdersOf(one: Said): NodeId[]
  /** A site goes back to a backup. */
  restored(site: Site): void
  /** Nobody waits for an acknowledgement. */
  idle(): boolean
  /** When all is well, a message is everywhere, and known to be, within seconds. */
  calm(find: (what: string) => void): Promise<void>
}

export const createClients = (run: Run): Clients => {
  const { world, sites, replicated } = run
  const said: Said[] = []

  const attempt = (one: Said): void => {
    const { site, channel, text } = one
    if (one.entry !== undefined || one.refused || site === run.destroyed) return
    const again = (): void => void world.after(300 + world.random() * 700, () => attempt(one))
    if (!site.isUp) {
      again()
      return
    }
    const appended = site.process.say(channel, text, `c-${text}`)
    if (appended === undefined) {
      one.refused = true
      world.saw('a message is refused')
      return
    }
    let isOver = false
    appended.then(
      (entry) => {
        isOver = true
        one.entry ??= entry
      },
      () => {
        isOver = true
        world.saw('a message is tried again')
        again()
      },
    )
    world.after(2_000, () => {
      if (!isOver) again()
    })
  }

  const holdersOf = ({ entry }: Said): NodeId[] =>
    entry === undefined
      ? []
      : [...(replicated.get(entry.feed) ?? [])].flatMap(([by, seq]) => (seq >= entry.seq ? [by] : []))
  const isReplicated = (one: Said): boolean => holdersOf(one).length > 0

  const say = (site: Site, channel: ChannelId): Said => {
    const one: Said = {
      site,
      channel,
      text: `m${said.length}`,
      entry: undefined,
      refused: false,
      restoredSince: false,
      lostAtHome: false,
    }
    said.push(one)
    attempt(one)
    return one
  }

  return {
    said,
    say,
    holdersOf,
    restored(site) {
      // What it said to hold, it may have lost: one more copy is needed.
      for (const holders of replicated.values()) holders.delete(site.keys.nodeId)
      for (const one of said) {
        if (one.site !== site) continue
        one.restoredSince = true
        if (one.entry !== undefined) one.lostAtHome = true
      }
    },
    idle: () => said.every(({ entry, refused, site }) => entry !== undefined || refused || site === run.destroyed),
    async calm(find) {
      const { general } = run
      const up = sites.filter(({ isUp }) => isUp)
      const readersOf = (): Site[] =>
        up.filter((site) => up[0]?.process.directory.mayServe(site.keys.nodeId, general) === true && !isOut(site))
      const wanted = readersOf()
        .map((site) => say(site, general))
        .filter(({ refused }) => !refused)
      const here = (site: Site): boolean => {
        const heads = new Map(site.process.log.sealedFeeds(general).map(({ feed, head }) => [feed, head]))
        return wanted.every(({ entry }) => entry !== undefined && (heads.get(entry.feed) ?? 0) >= entry.seq)
      }
      const readers = readersOf()
      if (!(await world.runUntil(() => readers.every(here), calmMs))) find('calm: a new message did not arrive in time')
      const isKnown = (): boolean => readers.length < 2 || wanted.every(isReplicated)
      if (!(await world.runUntil(isKnown, calmMs))) find('calm: a new message is not known to be replicated')
    },
  }
}

/** Before any round of anti-entropy could do it. */
const calmMs = 3_000
