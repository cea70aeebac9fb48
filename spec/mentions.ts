/** Mentions (MSGS-3 to MSGS-5): found in a text by the author's node, and named in the event, so that all nodes agree. */
import { isAddress, isAuthorKey, type AuthorKey } from './governance/names.ts'
import { parseRoleId, type RoleId } from './governance/roles.ts'
import { limits } from './limits.ts'
import { segmentsOf } from './markdown.ts'

/** MSGS-4: a member, a role, all, or all who are connected. */
export type Mention = AuthorKey | RoleId | 'everyone' | 'here'

export const isForAll = (mention: Mention): mention is 'everyone' | 'here' =>
  mention === 'everyone' || mention === 'here'

export const isMention = (text: string): text is Mention =>
  text === 'everyone' || text === 'here' || isAuthorKey(text) || parseRoleId(text) !== undefined

/** MSGS-4: at most `limits.mentionsMax`, each once, ascending. */
export const areMentions = (mentions: readonly string[]): mentions is readonly Mention[] =>
  mentions.length <= limits.mentionsMax &&
  mentions.every((mention, i) => isMention(mention) && (i === 0 || (mentions[i - 1] ?? '') < mention))

/**
 * MSGS-3: what stands after an `@` outside of code, in lower case, each once: `alice`, `alice@home.example`, `everyone`.
 * Whether there is somebody of the name is for the node to say; `@alice.` gives `alice.` and `alice`.
 */
export const namesIn = (markdown: string): readonly (readonly string[])[] => {
  if (!markdown.includes('@')) return []
  const found = new Map<string, readonly string[]>()
  for (const { kind, text } of segmentsOf(markdown)) if (kind === 'prose') findNames(text, found)
  return [...found.values()]
}

const findNames = (text: string, found: Map<string, readonly string[]>): void => {
  let at = text.indexOf('@')
  while (at >= 0) {
    const end = nameEnd(text, at + 1)
    if (end > at + 1 && !beforeName.test(text[at - 1] ?? ' ')) {
      const name = text.slice(at + 1, end).toLowerCase()
      const address = addressAt(text, name, end)
      found.set(address ?? name, readings(name, address))
    }
    at = text.indexOf('@', Math.max(end, at + 1))
  }
}

/** An address is the longer reading; then the name with and without what may end a sentence. */
const readings = (name: string, address: string | undefined): string[] => {
  const trimmed = name.replace(/[._-]+$/, '')
  return [...(address === undefined ? [] : [address]), name, ...(trimmed === name || trimmed === '' ? [] : [trimmed])]
}

const addressAt = (text: string, name: string, at: number): string | undefined => {
  if (text[at] !== '@') return undefined
  let end = at + 1
  while (end - at <= domainCharsMax && isDomainChar.test(text[end] ?? '')) end++
  while (end > at + 1 && /[.-]/.test(text[end - 1] ?? '')) end--
  const address = `${name}@${text.slice(at + 1, end).toLowerCase()}`
  return isAddress(address) ? address : undefined
}

const nameEnd = (text: string, at: number): number => {
  let end = at
  while (end - at < nameCharsMax && isNameChar.test(text[end] ?? '')) end++
  return end
}

/** What an e-mail address, an escape or a path has before its `@`. */
const beforeName = /[\p{L}\p{N}._\\/@-]/u
const isNameChar = /[a-z0-9._-]/i
const isDomainChar = /[a-z0-9.-]/i
/** A role name may be longer than a user name. */
const nameCharsMax = 80
const domainCharsMax = 253
