import type { ChannelId, EventId } from '../../../spec/ids.ts'
import { eventJson, type EventJson } from '../../../spec/message.ts'

export const channelA = '0190a000-0000-7000-8000-00000000000a' as ChannelId
export const channelB = '0190a000-0000-7000-8000-00000000000b' as ChannelId

export interface EventSample {
  readonly ms: number
  readonly position: number
  readonly channel?: ChannelId
  readonly user?: string
  readonly body?: string
  readonly clientId?: string | undefined
}

/** A message as the node tells of it; the id is that of its time. */
export const sampleEvent = ({
  ms,
  position,
  channel = channelA,
  user = 'bob',
  body,
  clientId,
}: EventSample): EventJson =>
  eventJson.parse({
    id: eventIdAt(ms),
    type: 'msg',
    channel,
    server: 'a'.repeat(52),
    position,
    time: ms,
    author: { member: 'a'.repeat(26), address: `${user}@home.example`, name: user },
    body: body ?? `message ${position}`,
    ...(clientId !== undefined && { clientId }),
  })

export const eventIdAt = (ms: number): EventId => {
  const hex = ms.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000` as EventId
}
