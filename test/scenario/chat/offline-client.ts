/** A client in a process of its own, to be killed: says some texts while its node is away, tells when they are kept. */
import { connect, openStore } from '../../../client/sdk/index.ts'
import type { ChannelId } from '../../../spec/ids.ts'

const [url = '', user = '', folder = '', channel = '', ...texts] = process.argv.slice(2)
const session = await connect({ url, user, device: 'offline', store: await openStore(folder), startOffline: true })
for (const text of texts) void session.send(channel as ChannelId, text, { id: `id-${text}` })
await session.saved()
process.stdout.write('kept\n')
