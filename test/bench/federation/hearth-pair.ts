import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { catchup } from '../../../spec/calls/catchup.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { HearthError } from '../../../spec/errors.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import { limits } from '../../../spec/limits.ts'
import { callNode } from '../../support/calls.ts'
import { connectClient } from '../../support/mqtt-client.ts'
import { startSite, type HearthSite, type Login } from './hearth-site.ts'
import type { MqttSession } from './mqtt-session.ts'
import type { Conversation, Pair, PairInit, Person, Room } from './pair.ts'
import { inParallel } from '../in-parallel.ts'

export interface HearthPair extends Pair {
  readonly near: HearthSite
  readonly far: HearthSite
}

/**
 * Two real `hearth up` that share a server: every message authorised, chained and sealed, on disk with `fdatasync` before
 * the PUBACK and again on the far node, delivered as JSON.
 */
export const openHearthPair = async (init: PairInit): Promise<HearthPair> => {
  await using opened = new AsyncDisposableStack()
  const near = opened.use(await startSite('near', '127.0.0.31', init.folder))
  const far = opened.use(await startSite('far', '127.0.0.32', init.folder))
  const { link } = await near.ask(z.object({ link: z.string() }), 'invite create', { remote: true, uses: 1_000 })
  const { server } = near.node.firstRun
  let made = 0

  const createChannel = async (): Promise<ChannelId> => {
    const input = { server, channel: `bench${(made += 1)}` }
    return (await near.ask(z.object({ id: z.string() }), 'channel create', input)).id as ChannelId
  }
  const enter = async (site: HearthSite, login: Login, channel: ChannelId, qos: 0 | 1): Promise<Person> => {
    const session = await site.connect(login)
    // A new channel may be on its way to the far node.
    for (let tries = 0; (await session.subscribe(`c/${channel}/events`, qos)) !== qos; tries += 1) {
      if (tries === 100) throw new Error(`${login.clientId} may not read channel ${channel}`)
      await delay(100)
    }
    return personOf(session, channel)
  }
  const nodeIds = { near: await nodeIdOf(near), far: await nodeIdOf(far) }
  const conversation = async (index: number): Promise<Conversation> => {
    // Ten people near talk with as many far as that takes: every pair once, on devices of their own.
    const [one, ten] = [index % peopleNear, Math.floor(index / peopleNear)]
    const speaker = at(await near.logins((one + 1) * limits.devicesPerUserMax), one * limits.devicesPerUserMax + ten)
    const listener = at(
      await far.logins((ten + 1) * limits.devicesPerUserMax, link),
      ten * limits.devicesPerUserMax + one,
    )
    const channel = await befriend(
      { site: near, login: speaker, address: `${speaker.user}@${nodeIds.near}` },
      { site: far, login: listener, address: `${listener.user}@${nodeIds.far}` },
    )
    return {
      near: await enter(near, speaker, channel, 1),
      far: await enter(far, listener, channel, 1),
      back: (heard) => comeBack(far, listener, channel, heard),
    }
  }
  const room = async (membersPerSide: number): Promise<Room> => {
    const channel = await createChannel()
    const nearLogins = await near.logins(membersPerSide)
    const farLogins = await far.logins(membersPerSide, link)
    const nearPeople = await inParallel(membersPerSide, (index) => enter(near, at(nearLogins, index), channel, 0))
    const farPeople = await inParallel(membersPerSide, (index) => enter(far, at(farLogins, index), channel, 0))
    const [first, second] = [at(nearPeople, 0), at(farPeople, 0)]
    return {
      near: first,
      far: second,
      everybody: [...nearPeople, ...farPeople],
      speakers: [first, second],
      back: (heard) => comeBack(far, at(farLogins, 0), channel, heard),
    }
  }

  // The link is up and the far node is in the server before anything is measured.
  await near.logins(1)
  await far.logins(1, link)
  const all = opened.move()
  return {
    name: 'Hearth',
    about: 'LevelDB with fdatasync before the PUBACK, sealed feeds, noise',
    near,
    far,
    pids: () => ({ near: near.node.pid, far: far.node.pid }),
    dms: async (count) => {
      await near.logins(Math.min(count, peopleNear) * limits.devicesPerUserMax)
      await far.logins(Math.ceil(count / peopleNear) * limits.devicesPerUserMax, link)
      return inParallel(count, conversation)
    },
    room,
    killFar: () => far.node.kill9(),
    restartFar: () => far.node.restart(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

const personOf = (session: MqttSession, channel: ChannelId): Person => ({
  send: (text) => session.publish(`c/${channel}/say`, text),
  acknowledged: () => session.acknowledged,
  get heard() {
    return session.heard
  },
  set onHeard(listener: ((text: string) => void) | undefined) {
    session.onHeard = listener && ((payload) => listener(bodyOf(payload)))
  },
  close: () => session.close(),
})

interface Friend {
  readonly site: HearthSite
  readonly login: Login
  readonly address: string
}

/** The near one asks, the far one accepts, and their conversation is opened. */
const befriend = async (near: Friend, far: Friend): Promise<ChannelId> => {
  await using asking = await callsOf(near.site, near.login, near.login.password)
  await using accepting = await callsOf(far.site, far.login, far.login.password)
  const { standing } = await asking.call(friendRequest, { address: far.address })
  if (standing !== 'friend') await accepting.call(friendAccept, { address: near.address })
  for (let tries = 0; ; tries += 1) {
    try {
      return (await asking.call(dmOpen, { address: far.address })).channel
    } catch (error) {
      // The acceptance is on its way.
      if (tries === 100 || !(error instanceof HearthError) || error.code !== 'NOT_FRIEND') throw error
      await delay(50)
    }
  }
}

/** Calls of a member, as long as no session of the same device is opened. */
const callsOf = async (site: HearthSite, { user, clientId }: Login, password: string) => {
  const url = site.node.ready.addresses.mqtt
  const client = await connectClient({ url, user, password, clientId })
  await client.subscribe(`u/${user}/reply`)
  return {
    call: <I extends z.ZodType, O extends z.ZodType>(spec: CallSpec<I, O>, input: z.input<I>) =>
      callNode(client, user, spec, input),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}

const nodeIdOf = async (site: HearthSite): Promise<string> =>
  (await site.ask(z.looseObject({ nodeId: z.string() }), 'status', {})).nodeId

const peopleNear = 10

/** Subscribes first, then reads what arrived before, so that nothing falls between. */
const comeBack = async (
  site: HearthSite,
  login: Login,
  channel: ChannelId,
  heard: (text: string) => void,
): Promise<Disposable> => {
  const session = await site.connect(login)
  session.onHeard = (payload) => heard(bodyOf(payload))
  const granted = await session.subscribe(`c/${channel}/events`, 1)
  if (granted !== 1) throw new Error(`after its return the far node lets nobody read ${channel}`)
  await using asking = await callsOf(site, { ...login, clientId: `${login.user}-reads` }, login.token)
  let from = 0
  for (;;) {
    const page = await asking.call(catchup, { channels: [channel], from })
    for (const event of page.events) if ('body' in event && typeof event.body === 'string') heard(event.body)
    from = page.to
    if (!page.more) break
  }
  return { [Symbol.dispose]: () => session.close() }
}

/** The texts of this bench need no escapes. */
const bodyOf = (payload: Buffer): string => {
  const start = payload.indexOf(bodyKey)
  if (start === -1) return ''
  return payload.toString('latin1', start + bodyKey.length, payload.indexOf(0x22, start + bodyKey.length))
}

const bodyKey = Buffer.from('"body":"')

const at = <T>(items: readonly T[], index: number): T => {
  const found = items[index]
  if (found === undefined) throw new RangeError(`nothing at ${index} of ${items.length}`)
  return found
}
