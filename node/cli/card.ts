import type { Addresses, FirstRun, Started } from '../admin/components.ts'
import type { Paint } from './io.ts'

export interface CardInit {
  /** How the command was called: `./hearth`. */
  readonly command: string
  /** `--data` as it was typed; the commands that are shown carry it on. */
  readonly dataFlag: string | undefined
  readonly box: boolean
  readonly paint: Paint
}

/** What `hearth up` prints when every door is open. Secrets stand on the first card only. */
export const card = (started: Started, init: CardInit): string => {
  const { status, firstRun } = started
  const { paint } = init
  const title = `${status.name} is up`
  const say = (command: string): string =>
    `${init.command} ${command}${init.dataFlag === undefined ? '' : ` --data ${quoted(init.dataFlag)}`}`
  const lines = [
    ...headline(title, `Hearth ${status.version}`, init),
    '',
    ...addressLines(status.addresses, paint),
    `  ${paint.dim('Data       ')}  ${status.data}`,
    ...(firstRun === undefined ? [] : firstRunLines(firstRun, status.addresses, paint)),
    '',
    paint.bold(firstRun === undefined ? 'To go on' : 'Then'),
    ...pairs([
      [say('chat'), 'talk in this terminal'],
      [say('invite create'), 'ask somebody in'],
      [say('status'), 'what is running'],
      [`${init.command} help`, 'everything else'],
    ]),
    '',
    paint.dim(`Ctrl-C stops it (or kill ${status.pid}).`),
    '',
  ]
  return lines.join('\n')
}

const headline = (title: string, version: string, { box, paint }: CardInit): string[] => {
  if (!box) return [`${title} (${version})`]
  const inside = `  ${title}   ${version}  `
  const rule = '─'.repeat(inside.length)
  return [`╭${rule}╮`, `│  ${paint.bold(title)}   ${paint.dim(version)}  │`, `╰${rule}╯`]
}

const addressLines = (addresses: Addresses, paint: Paint): string[] => {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['Web', addresses.http],
    ['WebSocket', addresses.webSocket],
    ['MQTT', addresses.mqtt],
    ['MQTT + TLS', addresses.mqtts],
    ['Nodes', addresses.p2p],
  ]
  return named.flatMap(([name, address]) =>
    address === undefined ? [] : [`  ${paint.dim(name.padEnd(11))}  ${address}`],
  )
}

const firstRunLines = (first: FirstRun, addresses: Addresses, paint: Paint): string[] => {
  const { hostname, port } = new URL(addresses.mqtt)
  const login = `-h ${hostname} -p ${port} -u ${first.user} -P ${first.token}`
  const topic = `s/${first.server}/${first.channel}`
  return [
    '',
    paint.bold('Your invite: it makes you the admin. It is shown only now'),
    `  ${addresses.http}/join#${first.adminInvite}`,
    '',
    paint.bold('It works already: listen in one terminal, talk in another'),
    `  mosquitto_sub ${login} -t ${topic}/lines`,
    `  mosquitto_pub ${login} -t ${topic}/say -m 'hello, hearth' -q 1`,
  ]
}

const pairs = (lines: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...lines.map(([command]) => command.length))
  return lines.map(([command, text]) => `  ${command.padEnd(width)}  ${text}`)
}

const quoted = (text: string): string => (/^[\w./@:~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
