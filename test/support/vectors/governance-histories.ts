/** Short histories and what must come of them, in whatever order the events arrive (GOV-8 to GOV-17). */
import { base32, cbor, eventId, hex, sample, uuid } from './oracle.ts'

interface Event {
  readonly id: string
  readonly node: string
  readonly member: string
  readonly feed: string
  readonly seq: number
  readonly auth: string | null
  readonly type: string
  readonly body: string
}

interface Expected {
  /** By the names that `comment` uses. */
  readonly valid: readonly Event[]
  readonly ranks: Readonly<Record<string, number | null>>
  readonly registers?: Readonly<Record<string, unknown>>
}

const nodeOf = (name: string): Uint8Array => sample(`node of ${name}`, 32)
const memberOf = (name: string): Uint8Array => sample(`member ${name}`, 16)
const feedOf = (name: string): Uint8Array => sample(`feed of ${name}`, 16)
const authorOf = (name: string): string => `${base32(nodeOf(name))}/${base32(memberOf(name))}`
const governance = sample('governance of the histories', 16).map((byte, i) =>
  i === 6 ? 0x40 | (byte & 15) : i === 8 ? 0x80 | (byte & 63) : byte,
)

interface Named {
  readonly guardians?: readonly string[]
  readonly threshold?: number
  readonly cuts?: Readonly<Record<string, number>>
}

const idOf = ({ id }: Event): Uint8Array => new Uint8Array(Buffer.from(id.replaceAll('-', ''), 'hex'))

/** Everybody sits on a node of their own. */
class Story {
  readonly events: Event[] = []
  readonly origin: Event
  readonly #heads = new Map<string, number>()
  #ms = 1_800_000_000_000

  constructor(...founders: string[]) {
    const named = founders.map((name) => [nodeOf(name), memberOf(name)])
    this.origin = this.say(founders[0] ?? '', undefined, 'server.genesis', [
      'Home',
      'home',
      governance,
      named,
      sample('r', 16),
    ])
  }

  say(by: string, auth: Event | undefined, type: string, body: unknown, at?: { readonly seq: number }): Event {
    const seq = at?.seq ?? (this.#heads.get(by) ?? 0) + 1
    this.#heads.set(by, Math.max(seq, this.#heads.get(by) ?? 0))
    const event = {
      id: uuid(eventId(++this.#ms, 0, feedOf(by))),
      node: base32(nodeOf(by)),
      member: base32(memberOf(by)),
      feed: base32(feedOf(by)),
      seq,
      auth: auth?.id ?? null,
      type,
      body: hex(cbor(body)),
    }
    this.events.push(event)
    return event
  }

  grant(by: string, auth: Event, to: string, rank: number, roles: string[] = []): Event {
    return this.say(by, auth, 'grant', [nodeOf(to), memberOf(to), rank, roles])
  }

  revoke(by: string, auth: Event, target: Event, reason: number, cuts: Readonly<Record<string, number>> = {}): Event {
    const sorted = Object.entries(cuts).map(([name, seq]) => [feedOf(name), seq] as const)
    sorted.sort(([a], [b]) => Buffer.compare(a, b))
    return this.say(by, auth, 'revoke', [idOf(target), reason, sorted])
  }

  set(by: string, auth: Event, key: string, value: unknown, at?: { readonly seq: number }): Event {
    return this.say(by, auth, 'set', [key, value], at)
  }

  root(by: string, auth: Event, before: Event, holders: readonly string[], named: Named = {}): Event {
    const { guardians = [], threshold = guardians.length === 0 ? 0 : 2, cuts = {} } = named
    const pairs = (names: readonly string[]) => names.map((name) => [nodeOf(name), memberOf(name)])
    const sorted = Object.entries(cuts).map(([name, seq]) => [feedOf(name), seq] as const)
    sorted.sort(([a], [b]) => Buffer.compare(a, b))
    return this.say(by, auth, 'root.set', [idOf(before), pairs(holders), threshold, pairs(guardians), sorted])
  }

  approve(by: string, auth: Event, root: Event): Event {
    return this.say(by, auth, 'root.approve', [idOf(root)])
  }

  told(rule: string, comment: string, { valid, ranks, registers = {} }: Expected) {
    return {
      rule,
      comment,
      genesis: this.origin.id,
      events: this.events,
      valid: valid.map(({ id }) => id).sort(),
      ranks: Object.fromEntries(Object.entries(ranks).map(([name, rank]) => [authorOf(name), rank])),
      registers,
    }
  }
}

const [leave, kick, demote] = [0, 1, 3]
const nameKey = 'server/name'

const withAdminAndModerator = () => {
  const story = new Story('owner')
  const admin = story.grant('owner', story.origin, 'anna', 10, ['10-admin'])
  const moderator = story.grant('owner', story.origin, 'ben', 20, ['20-moderator'])
  return { story, admin, moderator, first: [story.origin, admin, moderator] }
}

const mutualDemotion = () => {
  const { story, admin, moderator, first } = withAdminAndModerator()
  const senior = story.revoke('anna', admin, moderator, kick)
  story.revoke('ben', moderator, admin, kick)
  story.grant('ben', moderator, 'carl', 100)
  return story.told(
    'GOV-10',
    'Both demote each other at the same time: the senior wins, and what the junior did is void.',
    {
      valid: [...first, senior],
      ranks: { anna: 10, ben: null, carl: null },
    },
  )
}

const equals = () => {
  const { story, admin, first } = withAdminAndModerator()
  const other = story.grant('owner', story.origin, 'carl', 10, ['10-admin'])
  story.revoke('anna', admin, other, kick)
  story.revoke('carl', other, admin, kick)
  return story.told('GOV-8', 'Equals cannot touch each other.', {
    valid: [...first, other],
    ranks: { anna: 10, carl: 10 },
  })
}

const rogueAdmin = () => {
  const { story, admin, first } = withAdminAndModerator()
  const before = story.set('anna', admin, nameKey, 'before')
  const member = story.grant('owner', story.origin, 'dora', 100)
  story.revoke('anna', admin, member, kick)
  story.set('anna', admin, nameKey, 'pwned')
  const crony = story.grant('anna', admin, 'carl', 20, ['20-moderator'])
  story.revoke('carl', crony, member, kick)
  const cut = story.revoke('owner', story.origin, admin, demote, { anna: before.seq })
  return story.told(
    'GOV-11',
    'One cut undoes what an admin did after it, with all that hangs on it, and nothing before.',
    {
      valid: [...first, before, member, cut],
      ranks: { anna: null, carl: null, dora: 100, owner: 0 },
      registers: { [nameKey]: 'before' },
    },
  )
}

const cutsAddUp = () => {
  const { story, admin, moderator, first } = withAdminAndModerator()
  const key = `timeout/${authorOf('dora')}`
  const one = story.set('ben', moderator, key, 1)
  const two = story.set('ben', moderator, key, 2)
  story.set('ben', moderator, key, 3)
  const low = story.revoke('anna', admin, moderator, demote)
  const high = story.revoke('anna', admin, moderator, demote, { ben: two.seq })
  const lower = story.revoke('owner', story.origin, moderator, demote, { ben: one.seq })
  return story.told('GOV-11', 'Cuts of one revoker add up, the highest counts; of two revokers the lowest.', {
    valid: [...first, one, low, high, lower],
    ranks: { ben: null },
    registers: { [key]: 1 },
  })
}

const resignation = () => {
  const story = new Story('owner', 'anna')
  const grant = story.grant('anna', story.origin, 'ben', 100)
  const out = story.revoke('ben', grant, grant, leave)
  const founderOut = story.revoke('anna', story.origin, story.origin, leave, { anna: 1 })
  story.grant('anna', story.origin, 'carl', 100)
  return story.told(
    'GOV-12',
    'A member and a founder leave; what the founder granted before stays, what comes after is void.',
    {
      valid: [story.origin, grant, out, founderOut],
      ranks: { owner: 0, anna: null, ben: null, carl: null },
    },
  )
}

const fork = () => {
  const { story, admin, first } = withAdminAndModerator()
  const one = story.set('anna', admin, nameKey, 'one')
  story.set('anna', admin, nameKey, 'two')
  story.set('anna', admin, nameKey, 'three', { seq: 2 })
  return story.told('GOV-14', 'A feed holds two events at one position: its common beginning stays.', {
    valid: [...first, one],
    ranks: { anna: 10 },
    registers: { [nameKey]: 'one' },
  })
}

const narrowedRole = () => {
  const story = new Story('owner')
  const wide = story.set('owner', story.origin, 'role/100-member', ['member', ['read', 'send', 'invite']])
  const member = story.grant('owner', story.origin, 'anna', 100)
  const friend = story.grant('anna', member, 'ben', 101)
  const narrow = story.set('owner', story.origin, 'role/100-member', ['member', ['read']])
  story.set('anna', member, nameKey, 'mine')
  return story.told('GOV-15', 'Narrowing a role undoes nothing that was done under it; what it never gave is void.', {
    valid: [story.origin, wide, member, friend, narrow],
    ranks: { anna: 100, ben: 101 },
    registers: { 'role/100-member': ['member', ['read']] },
  })
}

const strangers = () => {
  const { story, admin, first } = withAdminAndModerator()
  story.set('carl', admin, nameKey, 'not my grant')
  story.set('carl', story.origin, nameKey, 'no founder')
  story.grant('anna', admin, 'carl', 10)
  story.grant('anna', admin, 'carl', 30, ['10-admin'])
  story.say('carl', undefined, 'server.genesis', [
    'Mine',
    'mine',
    governance,
    [[nodeOf('carl'), memberOf('carl')]],
    sample('q', 16),
  ])
  return story.told('GOV-9', 'Under a grant of somebody else, of one’s own rank or by another genesis: void.', {
    valid: first,
    ranks: { carl: null },
  })
}

const withGuardians = (threshold = 2) => {
  const story = new Story('owner')
  const guardians = ['anna', 'ben', 'carl']
  const [forAnna, forBen, forCarl] = guardians.map((name) => story.grant('owner', story.origin, name, 100))
  if (!forAnna || !forBen || !forCarl) throw new Error('three guardians')
  const named = story.root('owner', story.origin, story.origin, ['owner'], { guardians, threshold })
  return { story, forAnna, forBen, forCarl, named, first: [story.origin, forAnna, forBen, forCarl, named] }
}

const takeOver = () => {
  const { story, forAnna, forBen, named, first } = withGuardians()
  const before = story.set('owner', story.origin, nameKey, 'before')
  const proposal = story.root('anna', forAnna, named, ['ben'], { cuts: { owner: before.seq } })
  story.set('owner', story.origin, nameKey, 'from the old owner')
  const approval = story.approve('ben', forBen, proposal)
  const kicked = story.revoke('ben', proposal, forAnna, kick)
  story.root('owner', story.origin, named, ['owner'])
  return story.told(
    'GOV-34',
    'Two of three guardians hand the root on: the heir acts, the old owner does so no more, whatever comes from there.',
    {
      valid: [...first, before, proposal, approval, kicked],
      ranks: { owner: null, anna: null, ben: 0, carl: 100 },
      registers: { [nameKey]: 'before' },
    },
  )
}

const tooFew = () => {
  const { story, forAnna, forCarl, named, first } = withGuardians()
  const member = story.grant('owner', story.origin, 'dora', 100)
  const proposal = story.root('anna', forAnna, named, ['anna'])
  const twice = story.approve('anna', forAnna, proposal)
  story.approve('dora', member, proposal)
  const other = story.root('carl', forCarl, named, ['carl'])
  const word = story.approve('carl', forCarl, other)
  return story.told('GOV-34', 'One guardian twice and a member are no two guardians; nor are two with an heir each.', {
    valid: [...first, member, twice, word],
    ranks: { owner: 0, anna: 100, carl: 100, dora: 100 },
  })
}

const twoHeirs = () => {
  const { story, forAnna, forBen, named, first } = withGuardians(1)
  const cuts = { owner: named.seq }
  story.root('anna', forAnna, named, ['anna'], { cuts })
  const later = story.root('ben', forBen, named, ['ben'], { cuts })
  const turned = story.approve('anna', forAnna, later)
  return story.told('GOV-35', 'Two heirs, each with guardians enough: the one for whom the most spoke last.', {
    valid: [...first, later, turned],
    ranks: { owner: null, anna: 100, ben: 0 },
  })
}

const handedOn = () => {
  const story = new Story('owner', 'anna')
  const one = story.root('owner', story.origin, story.origin, ['anna', 'ben'], { cuts: { owner: 2 } })
  const member = story.grant('anna', story.origin, 'carl', 100)
  story.grant('owner', story.origin, 'dora', 100)
  const again = story.root('ben', one, one, ['owner', 'ben'], { cuts: { anna: 1 } })
  const second = story.grant('owner', again, 'emil', 100)
  return story.told('GOV-36', 'A holder who is dropped acts no more; named again, under the new root.', {
    valid: [story.origin, one, member, again, second],
    ranks: { owner: 0, anna: null, ben: 0, carl: 100, dora: null, emil: 100 },
  })
}

export const governanceHistoryVectors = () => ({
  comment:
    'GOV-8 to GOV-17, GOV-34 to GOV-36: events (body in hex; auth null: none) of one server, and what must come of them in any order: the ids of the valid ones, the rank under which an author stands (null: no member), and all registers.',
  histories: [
    mutualDemotion(),
    equals(),
    rogueAdmin(),
    cutsAddUp(),
    resignation(),
    fork(),
    narrowedRole(),
    strangers(),
    takeOver(),
    tooFew(),
    twoHeirs(),
    handedOn(),
  ],
})
