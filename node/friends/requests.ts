/** Friend requests and blocks: the side of whoever acts, and the side of the recipient, whose node decides. */
import { HearthError } from '../../spec/errors.ts'
import type { UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { Person } from '../../spec/person.ts'
import { unknown } from './people.ts'
import type { Answer, FriendMethod, FriendOperations, Asked } from './friends.ts'
import { isBlocking, withBlock, withoutBlock, type Relation, type Standing } from './relations.ts'
import type { Room } from './room.ts'

type Operations = Pick<
  FriendOperations,
  'request' | 'accept' | 'decline' | 'remove' | 'list' | 'block' | 'unblock' | 'blocked' | 'privacy' | 'setPrivacy'
>

export interface Requests extends Operations {
  readonly answers: Readonly<Record<Exclude<FriendMethod, `dm.${string}`>, (asked: Asked) => Promise<Answer>>>
}

export const createRequests = (room: Room): Requests => {
  const { relations, consent, people, ask, update, tell, clock } = room

  const setStanding = (user: UserName, person: Person, standing: Standing): Promise<Relation> =>
    update(user, person, (old) => ({ ...old, standing, since: clock.now() }))
  const now = () => ({ position: room.position(), ms: clock.now() })
  const count = (user: UserName, wanted: Standing): number => {
    let found = 0
    for (const { standing } of relations.of(user).values()) if (standing === wanted) found++
    return found
  }
  /** FRIEND-3, FRIEND-4 */
  const demandRoom = (user: UserName, standing: Standing, max: number): void => {
    if (count(user, standing) >= max) throw new HearthError('QUOTA', `at most ${max} of them`)
  }
  const refuseBlocked = (user: UserName, person: Person): void => {
    if (relations.isBlocked(user, person)) throw new HearthError('NOT_ALLOWED', 'you block them; unblock them first')
  }
  const find = async (user: UserName, who: string): Promise<Person> => {
    const person = await people.find(who)
    if (person === people.mine(user)) throw new HearthError('BAD_REQUEST', 'that is you')
    return person
  }
  /** The user's other devices. */
  const changed = (user: UserName, person: Person): void =>
    tell(user, { type: 'friend.changed', address: people.info(person).address })
  const befriend = async (user: UserName, person: Person): Promise<void> => {
    if (relations.get(user, person).standing === 'friend') return
    await update(user, person, (old) => {
      if (old.standing !== 'friend') demandRoom(user, 'friend', limits.friendsPerUserMax)
      return { ...old, standing: 'friend', since: clock.now() }
    })
    changed(user, person)
    room.seatBoth(user, person)
  }

  const accept = async (user: UserName, person: Person): Promise<void> => {
    if (relations.get(user, person).standing !== 'incoming') throw noRequest()
    try {
      await ask(user, person, 'friend.accept')
    } catch (error) {
      if (error instanceof HearthError && error.code === 'NOT_FOUND') {
        await setStanding(user, person, 'none')
        changed(user, person)
        throw noRequest()
      }
      throw error
    }
    await befriend(user, person)
  }

  const request = async (user: UserName, person: Person): Promise<'friend' | 'outgoing'> => {
    refuseBlocked(user, person)
    const before = relations.get(user, person)
    if (before.standing === 'incoming') {
      await accept(user, person)
      return 'friend'
    }
    if (before.standing === 'none') {
      demandRoom(user, 'outgoing', limits.friendRequestsMax)
      await setStanding(user, person, 'outgoing')
    }
    try {
      const { standing } = await ask(user, person, 'friend.request')
      if (standing === 'friend') await befriend(user, person)
      else if (before.standing === 'friend') {
        // FRIEND-5: they are friends no more and had not said so.
        await update(user, person, (old) =>
          old.since === before.since ? { ...old, standing: 'outgoing', since: clock.now() } : old,
        )
      }
      if (standing !== 'friend' && before.standing !== 'outgoing') changed(user, person)
      return standing === 'friend' ? 'friend' : 'outgoing'
    } catch (error) {
      if (before.standing === 'none' && !isUnheard(error)) {
        await update(user, person, (old) => (old.standing === 'outgoing' ? { ...old, standing: 'none' } : old))
      }
      throw error
    }
  }

  return {
    request: async (user, who) => request(user, await find(user, who)),
    accept: async (user, who) => {
      const person = await find(user, who)
      refuseBlocked(user, person)
      await accept(user, person)
    },
    async decline(user, who) {
      const person = await find(user, who)
      await update(user, person, (old) => {
        if (old.standing !== 'incoming') throw noRequest()
        return { ...old, standing: 'none', since: clock.now() }
      })
      changed(user, person)
    },
    async remove(user, who) {
      const person = await find(user, who)
      await update(user, person, (old) => ({
        ...old,
        standing: 'none',
        invited: false,
        since: clock.now(),
      }))
      changed(user, person)
      await ask(user, person, 'friend.remove').catch(room.unheard)
    },
    list: (user) =>
      [...relations.of(user)]
        .flatMap(([person, relation]) => {
          const { standing, since } = relation
          if (standing === 'none' || isBlocking(relation)) return []
          return [{ ...people.info(person), standing, since }]
        })
        .sort(byAddress),

    async block(user, who) {
      const person = await find(user, who)
      const local = people.localUser(person)
      if (local !== undefined && !room.hasUser(local)) throw unknown()
      const blockedCount = [...relations.of(user).values()].filter(isBlocking).length
      if (blockedCount >= limits.blocksPerUserMax) {
        throw new HearthError('QUOTA', `you block ${blockedCount} people; unblock one first`)
      }
      await update(user, person, (old) => ({
        ...old,
        standing: old.standing === 'friend' ? 'friend' : 'none',
        since: clock.now(),
        blocks: isBlocking(old) ? old.blocks : withBlock(old.blocks, now()),
      }))
      changed(user, person)
    },
    async unblock(user, who) {
      const person = await find(user, who)
      await update(user, person, (old) => {
        if (!isBlocking(old)) throw new HearthError('NOT_FOUND', 'you do not block them')
        return { ...strangersNow(clock.now()), blocks: withoutBlock(old.blocks, now()) }
      })
      changed(user, person)
    },
    blocked: (user) =>
      [...relations.of(user)]
        .flatMap(([person, relation]) => (isBlocking(relation) ? [people.info(person)] : []))
        .sort(byAddress),
    privacy: (user) => relations.privacy(user),
    async setPrivacy(user, change) {
      const privacy = { ...relations.privacy(user), ...change }
      await relations.setPrivacy(user, privacy)
      return privacy
    },

    answers: {
      'friend.request': async ({ from, to }) => {
        if (!room.hasUser(to)) throw unknown()
        const { standing } = relations.get(to, from)
        const isBlocked = relations.isBlocked(to, from)
        if (standing === 'friend') return { standing: 'friend' }
        if (standing === 'outgoing') {
          await befriend(to, from)
          tell(to, { type: 'friend.accepted', from: people.info(from) })
          return { standing: 'friend' }
        }
        if (!consent.mayAsk(to, from)) throw unknown()
        if (isBlocked || standing === 'incoming') return { standing: 'outgoing' }
        demandRoom(to, 'incoming', limits.friendRequestsMax)
        await setStanding(to, from, 'incoming')
        tell(to, { type: 'friend.request', from: people.info(from) })
        return { standing: 'outgoing' }
      },
      'friend.accept': async ({ from, to }) => {
        const { standing } = relations.get(to, from)
        if (standing !== 'outgoing' && standing !== 'friend') throw noRequest()
        if (standing === 'friend') return {}
        await befriend(to, from)
        tell(to, { type: 'friend.accepted', from: people.info(from) })
        return {}
      },
      'friend.remove': async ({ from, to }) => {
        if (relations.get(to, from).standing === 'none') return {}
        await setStanding(to, from, 'none')
        if (!relations.isBlocked(to, from)) changed(to, from)
        return {}
      },
    },
  }
}

const noRequest = (): HearthError => new HearthError('NOT_FOUND', 'there is no such request, or it was taken back')

const strangersNow = (since: number): Omit<Relation, 'blocks'> => ({ standing: 'none', since, invited: false })

/** Nobody knows whether the other node has heard it. */
export const isUnheard = (error: unknown): boolean =>
  error instanceof HearthError && ['NODE_DOWN', 'NO_ANSWER', 'CONNECTION_LOST'].includes(error.code)

const byAddress = (a: { readonly address: string }, b: { readonly address: string }): number =>
  a.address < b.address ? -1 : 1
