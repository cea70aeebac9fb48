import { randomBytes } from 'node:crypto'
import { openDataFolder } from '../../../node/data-folder/data-folder.ts'
import { openData } from '../../../node/data.ts'
import { createServers } from '../../../node/servers/create-servers.ts'
import { encodeCbor } from '../../../spec/cbor.ts'
import type { ChannelId, EventId, UserName } from '../../../spec/ids.ts'

/** What a newer node would store for a member: an event of a kind that this one does not know. The node is down meanwhile. */
export const sayOfTomorrow = async (
  folder: string,
  { user, channel }: { readonly user: UserName; readonly channel: ChannelId },
): Promise<EventId> => {
  await using opened = new AsyncDisposableStack()
  const { layout } = opened.use(await openDataFolder(folder))
  const { log, keys } = opened.use(await openData(layout, { clock: Date }))
  const servers = createServers(
    { append: (draft) => log.append(draft), log, random: randomBytes, clock: Date },
    { nodeId: keys.nodeId, nodeName: keys.nodeId },
  )
  await servers.start()
  const seat = servers.authorise(user, channel, 'send', Date.now())
  if (!seat.ok) throw new Error(seat.reason)
  const { member, auth } = seat
  const body = encodeCbor(['tea or coffee?', ['tea', 'coffee']])
  const { entry } = await log.append({ channel, member, auth, type: 'poll.create', body })
  await log.seal()
  return entry.id
}
