/** What every operation goes through: who acts, in which turn, and how an act gets into the log. */
import { HearthError } from '../../spec/errors.ts'
import { readAct, writeAct, type Act } from '../../spec/governance/acts.ts'
import { authorKey, type AuthorKey } from '../../spec/governance/names.ts'
import { isInPlace, settingsChannelOf } from '../../spec/governance/places.ts'
import { keys, readRegister } from '../../spec/governance/registers.ts'
import type { CborValue } from '../../spec/cbor.ts'
import type { Grant } from '../../spec/governance/state.ts'
import { isUserName, nodeMember } from '../../spec/identifiers.ts'
import type { ChannelId, EventId, NodeId, ServerId } from '../../spec/ids.ts'
import { bitOf, type Permission } from '../../spec/permissions.ts'
import type { Entry } from '../log/log.ts'
import { mayRead, type Acting, type Community } from './community.ts'
import type { Directory } from './directory.ts'
import type { Actor, ChannelInfo, ServersComponents } from './servers.ts'

/** Somebody at work in a server. */
export interface Place {
  readonly community: Community
  readonly who: Acting
}

export interface Desk {
  readonly directory: Directory
  readonly node: NodeId
  readonly operator: AuthorKey
  readonly random: ServersComponents['random']
  readonly clock: ServersComponents['clock']
  addressOf(name: string): string
  /** NOT_FOUND: no such server, or the actor is no member of it. */
  enter(actor: Actor, server: ServerId): Place
  /** NOT_FOUND: no such channel, or the actor may not see it. */
  enterChannel(actor: Actor, channel: ChannelId): Place & { readonly channel: ChannelInfo }
  /** Operations on one server run one after the other, so that what was checked still holds when it is written. */
  inTurn<T>(key: string, task: () => Promise<T>): Promise<T>
  /** Resolves when the act is on disk and applied. BAD_REQUEST: it is out of the limits of GOV-2 to GOV-7. */
  write(place: Place, act: Act, under?: Grant): Promise<EventId>
  /** As `write`, of what may wait for the word of others (GOV-34). */
  propose(place: Place, act: Extract<Act, { type: 'root.set' | 'root.approve' }>): Promise<EventId>
  /** In its place (GOV-31). What holds already is not written again. */
  set(place: Place, key: string, value: CborValue): Promise<void>
  /** Says where everybody reads it what a private channel's settings are, its list left out. */
  publish(place: Place, channel: ChannelId): Promise<void>
  genesis(author: AuthorKey, act: Extract<Act, { type: 'server.genesis' }>): Promise<Community>
}

export interface DeskParts {
  readonly directory: Directory
  readonly components: ServersComponents
  readonly node: NodeId
  readonly nodeName: string
  /** Takes what was just appended; it comes by the log's announcement as well. */
  readonly apply: (entries: readonly Entry[]) => void
}

export const createDesk = ({ directory, components, node, nodeName, apply }: DeskParts): Desk => {
  const operator = authorKey(node, nodeMember)
  const turns = new Map<string, Promise<unknown>>()

  const actingIn = (community: Community, actor: Actor): Acting | undefined => {
    const author = actor.kind === 'operator' ? operator : community.authorOfUser(actor.user)
    return author === undefined ? undefined : community.acting(author)
  }

  const append = async (channel: ChannelId, act: Act, who: Pick<Acting, 'member'>, auth: EventId | undefined) => {
    const body = writeAct(act)
    if (readAct(act.type, body) === undefined) throw new HearthError('BAD_REQUEST', `${act.type}: out of its limits`)
    const { entry } = await components.append({ channel, member: who.member, auth, type: act.type, body })
    apply([entry])
    return entry
  }

  const writeIn = async (channel: ChannelId, { community, who }: Place, act: Act, under: Grant = who.grant) => {
    const { id } = await append(channel, act, who, under.id)
    if (community.governance.isValid(id)) return id
    throw new HearthError('INTERNAL', `${act.type} ${id} was written but is void`)
  }

  const desk: Desk = {
    directory,
    node,
    operator,
    random: components.random,
    clock: components.clock,

    addressOf(name) {
      if (name.includes('@')) return name
      if (isUserName(name)) return `${name}@${nodeName}`
      throw new HearthError('NOT_FOUND', `${name} is neither a user name nor an address`)
    },

    enter(actor, server) {
      const community = directory.get(server)
      const who = community === undefined ? undefined : actingIn(community, actor)
      if (community === undefined || who === undefined) throw new HearthError('NOT_FOUND', 'there is no such server')
      return { community, who }
    },

    enterChannel(actor, id) {
      const community = directory.ofChannel(id)
      const channel = community?.channel(id)
      const who = community === undefined ? undefined : actingIn(community, actor)
      const sees = actor.kind === 'operator' || mayRead(community?.seat(actor.user, id))
      if (community === undefined || channel === undefined || who === undefined || !sees) {
        throw new HearthError('NOT_FOUND', 'there is no such channel')
      }
      return { community, who, channel }
    },

    async inTurn(key, task) {
      const before = turns.get(key) ?? Promise.resolve()
      const turn = before.then(task, task)
      turns.set(key, turn)
      try {
        return await turn
      } finally {
        if (turns.get(key) === turn) turns.delete(key)
      }
    },

    async propose({ community, who }, act) {
      const { id } = await append(community.info.governance, act, who, who.grant.id)
      return id
    },

    write: (place, act, under) => writeIn(placeFor(place.community, act), place, act, under),

    async publish(place, channel) {
      const { governance } = place.community
      for (const [key, { value }] of governance.registers(`channel/${channel}/`)) {
        const register = readRegister(key, value)
        if (register === undefined || key.includes('/entry/')) continue
        await writeIn(governance.genesis.governance, place, { type: 'set', register })
      }
    },

    async set(place, key, value) {
      const known = place.community.governance.register(key)?.value
      if (known !== undefined && JSON.stringify(known) === JSON.stringify(value)) return
      const register = readRegister(key, value)
      if (register === undefined) throw new HearthError('BAD_REQUEST', `${keyLabel(key)} is out of its limits`)
      await desk.write(place, { type: 'set', register })
    },

    async genesis(author, act) {
      const { governance, handle } = act
      await append(governance, act, { member: author.slice(-nodeMember.length) as Acting['member'] }, undefined)
      const community = directory.byHandle(handle)
      if (community === undefined)
        throw new HearthError('INTERNAL', `the server ${handle} was written but is not there`)
      return community
    },
  }
  return desk
}

/** What is said about a private channel is said where those are who may have it. */
const placeFor = (community: Community, act: Act): ChannelId => {
  const { governance } = community.info
  if (act.type !== 'set' || act.register.channel === undefined) return governance
  const { channel } = act.register
  const settings = settingsChannelOf(channel)
  return community.isPrivate(channel) && isInPlace(act, settings) ? settings : governance
}

/** NOT_ALLOWED, naming the permission. */
export const demand = ({ community, who }: Place, permission: Permission): void => {
  if ((who.bits & bitOf(permission)) !== 0) return
  throw new HearthError('NOT_ALLOWED', `you need the permission ${permission} in ${community.info.handle}`)
}

const keyLabel = (key: string): string => (key === keys.serverName ? 'the name' : (key.split('/')[2] ?? key))
