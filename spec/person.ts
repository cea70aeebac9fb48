/** Somebody with an account on some node (FRIEND-1): what friend lists, blocks and conversations name people by. */
import { isNodeId, isUserName } from './identifiers.ts'
import type { NodeId, UserName } from './ids.ts'

declare const brand: unique symbol
/** `alice@{node id}`: stays the same when the node gets a domain, or another one. */
export type Person = string & { readonly [brand]: 'Person' }

export const personOf = (user: UserName, node: NodeId): Person => `${user}@${node}` as Person

export const isPerson = (text: unknown): text is Person =>
  typeof text === 'string' &&
  isUserName(text.slice(0, -nodeIdChars - 1)) &&
  isNodeId(text.slice(-nodeIdChars)) &&
  text.at(-nodeIdChars - 1) === '@'

export const splitPerson = (person: Person): { readonly user: UserName; readonly node: NodeId } => ({
  user: person.slice(0, -nodeIdChars - 1) as UserName,
  node: person.slice(-nodeIdChars) as NodeId,
})

const nodeIdChars = 52
