/** What an inbox message means on this screen, beside counts. */
import type { ChannelId } from '../../spec/ids.ts'
import { shortAddress } from './short-address.ts'

export interface Note {
  /** To be shown. */
  readonly line: string | undefined
  readonly isBell: boolean
  /** Channels or conversations came or went. */
  readonly isListStale: boolean
}

const stale = new Set(['dm.opened', 'dm.changed', 'dm.closed', 'server.changed', 'server.ended', 'message.request'])
const calls = new Set(['mention', 'notify', 'thread', 'friend.request', 'friend.accepted', 'message.request'])

export const noteOf = (
  message: { readonly type: string; readonly [field: string]: unknown },
  open: { readonly channel: ChannelId | undefined },
): Note => {
  const { type, from, event } = message
  const isHere = fieldOf(event, 'channel') === open.channel && open.channel !== undefined
  return {
    line: lineOf(type, fieldOf(from, 'address')),
    isBell: calls.has(type) && !isHere,
    isListStale: stale.has(type),
  }
}

const lineOf = (type: string, address: string | undefined): string | undefined => {
  if (address === undefined) return undefined
  const who = shortAddress(address)
  if (type === 'friend.request') return `${who} asks to be friends: /accept ${address}`
  if (type === 'friend.accepted') return `${who} is a friend now: /dm ${address}`
  return undefined
}

const fieldOf = (value: unknown, name: string): string | undefined => {
  const field: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  return typeof field === 'string' ? field : undefined
}
