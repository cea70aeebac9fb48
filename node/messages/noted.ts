/** Stored events as `spec/annotations.ts` takes them. */
import { decodeAnnotation, isAnnotationType, type Annotation, type Noted } from '../../spec/annotations.ts'
import { HearthError } from '../../spec/errors.ts'
import { authorKey, type AuthorKey } from '../../spec/governance/names.ts'
import type { Entry } from '../log/log.ts'
import type { MessageServers } from './components.ts'

export const authorOf = ({ node, member }: Pick<Entry, 'node' | 'member'>): AuthorKey => authorKey(node, member)

/** Undefined: of another type, redacted, or it does not decode. */
export const annotationOf = ({ type, body }: Pick<Entry, 'type' | 'body'>): Annotation | undefined => {
  if (body === undefined || !isAnnotationType(type)) return undefined
  try {
    return decodeAnnotation(type, body)
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}

/** MSGS-8: undefined for what governance does not let stand. */
export const notedOf = (servers: Pick<MessageServers, 'covers' | 'countsFor'>, entry: Entry): Noted | undefined => {
  const annotation = annotationOf(entry)
  if (annotation === undefined || !servers.covers(entry)) return undefined
  const { id, position } = entry
  return { id, author: authorOf(entry), position, manages: manages(servers, entry, annotation), annotation }
}

const manages = (servers: Pick<MessageServers, 'countsFor'>, entry: Entry, { type }: Annotation): boolean =>
  (type === 'delete' || type === 'pin' || type === 'unpin') && servers.countsFor(entry, 'manageMessages')
