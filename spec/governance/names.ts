/** The texts that governance holds: names, addresses, authors. */
import { isMemberId, isNodeId } from '../identifiers.ts'
import type { MemberId, NodeId } from '../ids.ts'
import { limits } from '../limits.ts'

declare const brand: unique symbol
/** `{nodeId}/{memberId}`: an author, as one text. */
export type AuthorKey = string & { readonly [brand]: 'AuthorKey' }

export const authorKey = (node: NodeId, member: MemberId): AuthorKey => `${node}/${member}` as AuthorKey

export const splitAuthor = (author: AuthorKey): { readonly node: NodeId; readonly member: MemberId } => ({
  node: author.slice(0, nodeIdChars) as NodeId,
  member: author.slice(nodeIdChars + 1) as MemberId,
})

export const isAuthorKey = (text: string): text is AuthorKey =>
  text[nodeIdChars] === '/' && isNodeId(text.slice(0, nodeIdChars)) && isMemberId(text.slice(nodeIdChars + 1))

/** 1 to 80 code points, no control characters, not blank at its ends. */
export const isName = (text: string): text is string => isText(text, limits.nameCharsMax) && text !== ''

/** At most `charsMax` code points without control characters; not blank at its ends. */
export const isText = (text: string, charsMax: number): boolean =>
  text.length <= 2 * charsMax &&
  text.trim() === text &&
  !controls.test(text) &&
  text.isWellFormed() &&
  codePoints(text) <= charsMax

/** GOV-7: `{user name}@{domain or node id}`. */
export const isAddress = (text: string): text is string => addressPattern.test(text)

const nodeIdChars = 52
const addressPattern = /^[a-z0-9][a-z0-9._-]{0,31}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
/** Control characters, line separators and what turns the direction of text around. */
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}
