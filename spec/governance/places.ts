/** Where an event of governance stands (GOV-31): what concerns a private channel is for those who may have it. */
import type { ChannelId } from '../ids.ts'
import { isGovernanceChannel, type Act } from './acts.ts'
import { keys } from './registers.ts'

/** The channel that holds what is said about a private one: its id, as a UUID of version 5. */
export const settingsChannelOf = (channel: ChannelId): ChannelId => withVersion(channel, '5')

/** The channel whose settings these would be; undefined: none has its settings here. */
export const channelOfSettings = (id: ChannelId): ChannelId | undefined =>
  id[14] === '5' ? withVersion(id, '7') : undefined

/** Is that the channel for it? Elsewhere it is dropped. */
export const isInPlace = (act: Act, channel: ChannelId): boolean =>
  isGovernanceChannel(channel) || (act.type === 'set' && isSetting(act.register, channelOfSettings(channel)))

/** Whether it is private is for everybody to know: nodes decide by it whom they give the channel. */
const isSetting = (
  register: { readonly key: string; readonly channel: ChannelId | undefined },
  channel: ChannelId | undefined,
) => channel !== undefined && register.channel === channel && register.key !== keys.channel(channel, 'private')

const withVersion = (id: ChannelId, version: '5' | '7'): ChannelId =>
  `${id.slice(0, 14)}${version}${id.slice(15)}` as ChannelId
