/** Profiles of people of other nodes: asked for when somebody looks, and kept for a while (PROF-15). */
import { HearthError } from '../../spec/errors.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { ProfileAnswer } from '../../spec/node-calls/profile.show.ts'
import { splitPerson, type Person } from '../../spec/person.ts'

export interface AwayProfilesComponents {
  readonly clock: { now(): number }
  /** NODE_DOWN, NO_ANSWER, or what the node refuses with. */
  readonly ask: (
    node: NodeId,
    input: { readonly user: UserName; readonly tag?: Uint8Array | undefined },
  ) => Promise<ProfileAnswer>
}

export type AwayProfile = Pick<ProfileAnswer, 'name' | 'about' | 'pronouns' | 'avatar'>

export interface AwayProfiles {
  /** From their node, or what is kept of it. Undefined: nothing is known. Never rejects for what a node does. */
  get(person: Person): Promise<AwayProfile | undefined>
  /** Their node says that it is another one now, or none. */
  tagged(person: Person, tag: Uint8Array | undefined): void
}

interface Kept {
  readonly profile: AwayProfile | undefined
  readonly tag: Uint8Array | undefined
  /** Unix ms; past it the node is asked again. */
  freshUntilMs: number
}

/** What one node is asked for: so many at a time, so many more that wait. */
interface Line {
  running: number
  readonly waiting: (() => void)[]
}

export const createAwayProfiles = ({ clock, ask }: AwayProfilesComponents): AwayProfiles => {
  /** The last that was looked at is the last. */
  const kept = new Map<Person, Kept>()
  const underWay = new Map<Person, Promise<AwayProfile | undefined>>()
  /** Said while the person was asked for: the answer may be older. */
  const saidMeanwhile = new Map<Person, Uint8Array | undefined>()
  const lines = new Map<NodeId, Line>()

  const keep = (person: Person, entry: Kept): void => {
    kept.delete(person)
    kept.set(person, entry)
    const [oldest] = kept.keys()
    if (kept.size > limits.profilesAwayMax && oldest !== undefined) kept.delete(oldest)
  }

  const fetch = async (person: Person): Promise<AwayProfile | undefined> => {
    const { user, node } = splitPerson(person)
    const before = kept.get(person)
    const tag = before?.profile === undefined ? undefined : before.tag
    try {
      const answer = await ask(node, { user, ...(tag !== undefined && { tag }) })
      const profile = answer.same === true ? before?.profile : copyOf(answer)
      const isOld = saidMeanwhile.has(person) && !isSame(saidMeanwhile.get(person), answer.tag)
      const freshUntilMs = isOld ? 0 : clock.now() + limits.profileFreshMs
      keep(person, { profile, tag: answer.tag?.slice(), freshUntilMs })
      return profile
    } catch (error) {
      if (!(error instanceof HearthError)) throw error
      if (error.code !== 'NOT_FOUND') return before?.profile
      keep(person, { profile: undefined, tag: undefined, freshUntilMs: clock.now() + unknownMs })
      return undefined
    }
  }

  /** False: too many wait already. */
  const queue = async (node: NodeId, task: () => Promise<void>): Promise<boolean> => {
    const line = lines.get(node) ?? { running: 0, waiting: [] }
    lines.set(node, line)
    if (line.running >= limits.profileFetchesMax) {
      if (line.waiting.length >= limits.profileFetchesWaitingMax) return false
      await new Promise<void>((resolve) => line.waiting.push(resolve))
    } else line.running++
    try {
      await task()
    } finally {
      const next = line.waiting.shift()
      if (next !== undefined) next()
      else if (--line.running === 0) lines.delete(node)
    }
    return true
  }

  const look = async (person: Person): Promise<AwayProfile | undefined> => {
    let found = kept.get(person)?.profile
    await queue(splitPerson(person).node, async () => {
      found = await fetch(person)
    })
    return found
  }

  const forget = (person: Person): void => {
    underWay.delete(person)
    saidMeanwhile.delete(person)
  }

  return {
    get(person) {
      const known = kept.get(person)
      if (known !== undefined && clock.now() < known.freshUntilMs) {
        keep(person, known)
        return Promise.resolve(known.profile)
      }
      const asked = underWay.get(person) ?? look(person).finally(() => forget(person))
      underWay.set(person, asked)
      return asked
    },
    tagged(person, tag) {
      const known = kept.get(person)
      if (known !== undefined && !isSame(known.tag, tag)) known.freshUntilMs = 0
      if (underWay.has(person)) saidMeanwhile.set(person, tag)
    },
  }
}

/** The bytes of an answer are views of its frame. */
const copyOf = ({ name, about, pronouns, avatar }: ProfileAnswer): AwayProfile => ({
  ...(name !== undefined && { name }),
  ...(about !== undefined && { about }),
  ...(pronouns !== undefined && { pronouns }),
  ...(avatar !== undefined && { avatar: avatar.slice() }),
})

const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  Buffer.compare(a ?? noTag, b ?? noTag) === 0

const noTag = new Uint8Array(0)
/** Of whom a node says nothing it is asked again after this. */
const unknownMs = 60_000
