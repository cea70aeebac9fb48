/** People by name: as users write them, as they are shown, and how their nodes are asked. */
import { HearthError } from '../../spec/errors.ts'
import { isNodeId, isUserName } from '../../spec/identifiers.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { personOf, splitPerson, type Person } from '../../spec/person.ts'
import type { PersonInfo, Remote } from './friends.ts'

export interface People {
  /** FRIEND-1. NOT_FOUND: not the name of a person. Whether there is such a person, their node knows. */
  find(who: string): Promise<Person>
  mine(user: UserName): Person
  /** Undefined: of another node. */
  localUser(person: Person): UserName | undefined
  info(person: Person): PersonInfo
}

export const createPeople = (remote: Pick<Remote, 'nodeOf' | 'nameOf'>, node: NodeId): People => {
  const nodeCalled = (name: string): NodeId | Promise<NodeId> => {
    if (isNodeId(name)) return name
    return name === remote.nameOf(node) ? node : remote.nodeOf(name)
  }
  return {
    async find(who) {
      const at = who.indexOf('@')
      const user = at < 0 ? who : who.slice(0, at)
      if (!isUserName(user)) throw unknown()
      return personOf(user, at < 0 ? node : await nodeCalled(who.slice(at + 1)))
    },
    mine: (user) => personOf(user, node),
    localUser: (person) => (person.endsWith(node) ? splitPerson(person).user : undefined),
    info: (person) => {
      const { user, node: home } = splitPerson(person)
      return { person, address: `${user}@${remote.nameOf(home)}`, name: user }
    },
  }
}

/** One sentence for who is not there and for who may not be asked, so that it tells nothing (FRIEND-10). */
export const unknown = (): HearthError =>
  new HearthError('NOT_FOUND', 'there is nobody of that name whom you may ask; look at the address')

export const localPart = (address: string): string => address.slice(0, address.indexOf('@'))
