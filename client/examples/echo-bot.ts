/** An echo bot: HEARTH_USER=… HEARTH_TOKEN=ht_… node client/examples/echo-bot.ts home/general */
import { connect } from 'hearth/sdk'
import { serverShow } from 'hearth/calls/server.show'

const [server = '', handle = ''] = (process.argv[2] ?? 'home/general').split('/')
const { HEARTH_URL: url = 'mqtt://127.0.0.1:1883', HEARTH_USER: user = '', HEARTH_TOKEN: token = '' } = process.env

const session = await connect({ url, user, token, device: 'echo-bot' })
const { channels } = await session.call(serverShow, { server })
const channel = channels.find((one) => one.handle === handle)
if (channel === undefined) throw new Error(`there is no ${server}/${handle} for ${user}`)

session.onChange((change) => {
  if (change.kind !== 'event' || change.event.type !== 'msg' || session.isOwn(change.event)) return
  const { id, body } = change.event
  if (typeof body !== 'string' || !body.startsWith('!echo ')) return
  void session.send(channel.id, body.slice('!echo '.length), { replyTo: id })
})
await session.subscribe(channel.id)
console.log(`echoing in ${server}/${handle}`)
