import { setTimeout as delay } from 'node:timers/promises'
import type { Conversation, Pair, PairInit, PairName, Person, Room } from './pair.ts'
import { inParallel } from '../in-parallel.ts'
import type { Running } from './processes.ts'
import { openXmpp, type XmppSession } from './xmpp-session.ts'

/** An XMPP server as this bench runs it: domains are loopback addresses, so that server-to-server needs no DNS. */
export interface XmppKind {
  readonly name: PairName
  readonly about: string
  /** Addresses of the two servers; rooms have addresses of their own on the near one. */
  readonly near: XmppDomains
  readonly far: XmppDomains
  start(domains: XmppDomains, init: PairInit): Promise<Running>
}

export interface XmppDomains {
  readonly host: string
  readonly rooms: string
}

export const openXmppPair = async (kind: XmppKind, init: PairInit): Promise<Pair> => {
  const near = await kind.start(kind.near, init)
  let far: Running | undefined
  const sessions: XmppSession[] = []
  let made = 0

  const open = async (host: string, user: string): Promise<XmppSession> => {
    const session = await openXmpp({ host, user, resource: 'bench' })
    sessions.push(session)
    return session
  }

  const conversation = async (): Promise<Conversation> => {
    const user = `dm${(made += 1)}`
    const speaker = await open(kind.near.host, user)
    let listener = await open(kind.far.host, user)
    const to = `${user}@${kind.far.host}`
    const person = personOf(speaker, (text) => `<message to='${to}' type='chat'><body>${text}</body></message>`)
    const listening = personOf(
      listener,
      (text) => `<message to='${user}@${kind.near.host}' type='chat'><body>${text}</body></message>`,
    )
    // The link between the servers is up before anything is measured.
    await across(person, listening)
    return {
      near: person,
      far: listening,
      back: async (heard) => {
        listener.close()
        listener = await openXmpp({ host: kind.far.host, user, resource: 'bench' })
        sessions.push(listener)
        listener.onHeard = heard
        return { [Symbol.dispose]: () => listener.close() }
      },
    }
  }

  const room = async (membersPerSide: number): Promise<Room> => {
    const address = `room${(made += 1)}@${kind.near.rooms}`
    const say = (text: string): string => `<message to='${address}' type='groupchat'><body>${text}</body></message>`
    const enter = async (host: string, user: string): Promise<XmppSession> => {
      const session = await open(host, user)
      await join(session, address, user)
      return session
    }
    const first = personOf(await enter(kind.near.host, 'm0'), say)
    const near = [
      first,
      ...(await inParallel(membersPerSide - 1, async (index) =>
        personOf(await enter(kind.near.host, `m${index + 1}`), say),
      )),
    ]
    const far = await inParallel(membersPerSide, async (index) =>
      personOf(await enter(kind.far.host, `f${index}`), say),
    )
    const [listening = first] = far
    return {
      near: first,
      far: listening,
      everybody: [...near, ...far],
      speakers: [first, listening],
      back: async (heard) => {
        listening.close()
        const session = await rejoin(kind.far.host, address)
        sessions.push(session)
        session.onHeard = heard
        await readArchive(session, address)
        return { [Symbol.dispose]: () => session.close() }
      },
    }
  }

  const startFar = async (): Promise<void> => {
    far = await kind.start(kind.far, init)
  }
  const stop = async (): Promise<void> => {
    for (const session of sessions) session.close()
    await near.end('SIGKILL')
    await far?.end('SIGKILL')
  }
  try {
    await startFar()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: kind.name,
    about: kind.about,
    pids: () => ({ near: near.pid, far: far?.pid ?? 0 }),
    dms: (count) => inParallel(count, conversation),
    room,
    killFar: async () => {
      await far?.end('SIGKILL')
      far = undefined
    },
    restartFar: startFar,
    [Symbol.asyncDispose]: stop,
  }
}

const personOf = (session: XmppSession, stanza: (text: string) => string): Person => ({
  send: (text) => session.send(stanza(text)),
  acknowledged: () => undefined,
  get heard() {
    return session.heard
  },
  set onHeard(listener: ((text: string) => void) | undefined) {
    session.onHeard = listener
  },
  close: () => session.close(),
})

/** Resolves when a message gets from one to the other. */
const across = async (from: Person, to: Person): Promise<void> => {
  const before = to.heard
  for (let tries = 0; to.heard === before; tries += 1) {
    if (tries === 100) throw new Error('the two servers do not federate')
    if (tries % 20 === 0) from.send('are you there?')
    await delay(100)
  }
}

/** XEP-0045 §7.2: in the room when the own presence comes back with status 110; the room's own history is not asked for. */
const join = async (session: XmppSession, room: string, nick: string): Promise<void> => {
  const presence = `<presence to='${room}/${nick}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>`
  const answer = await session.ask(
    presence,
    /code=['"]110['"]|<presence[^>]*type=['"]error['"][^]*<\/presence>/,
    120_000,
  )
  if (!answer.includes('110')) throw new Error(`${session.jid} cannot join ${room}: ${answer.slice(-300)}`)
}

/** Comes in again as soon as the servers have found each other. */
const rejoin = async (host: string, room: string): Promise<XmppSession> => {
  for (let tries = 0; ; tries += 1) {
    const session = await openXmpp({ host, user: 'f0', resource: 'bench' })
    try {
      await join(session, room, 'f0')
      return session
    } catch (error) {
      session.close()
      if (tries === 300) throw error
      await delay(200)
    }
  }
}

/** XEP-0313, page after page. The session hears the archived messages like any others. */
const readArchive = async (session: XmppSession, room: string): Promise<void> => {
  let after = ''
  for (let page = 0; ; page += 1) {
    const answer = await session.ask(
      `<iq type='set' id='a${page}' to='${room}'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>250</max>${after}</set></query></iq>`,
      /<\/fin>|<fin[^>]*\/>|<iq[^>]*type=['"]error['"][^]*<\/iq>/,
      120_000,
    )
    const last = /<last>([^<]*)<\/last>/.exec(answer)?.[1]
    if (last === undefined || /complete=['"]true['"]/.test(answer)) return
    after = `<after>${last}</after>`
  }
}
