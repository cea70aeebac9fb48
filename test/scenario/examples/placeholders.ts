import { z } from 'zod'
import { connectClient } from '../../support/mqtt-client.ts'
import type { NodeProcess } from '../../support/node-process.ts'
import { channelId } from '../talking/community.ts'
import { password } from './house.ts'

/** What `…` stands for in what is typed: what was shown last, as a reader would copy it. */
export interface Known {
  learn(line: string): void
  apply(text: string): string
}

const tokenPattern = /\bht_[a-z2-7]{48}/
const code = z.looseObject({ code: z.string() })

export const getToKnow = async (people: readonly string[], node: NodeProcess): Promise<Known> => {
  const url = node.ready.addresses.mqtt
  const invite = async (): Promise<string> => (await node.ask(code, 'invite', 'create')).code
  const meet = async (user: string): Promise<string> => {
    const login = { user, password: `${await invite()}:${password}`, clientId: `${user}-first` }
    await using client = await connectClient({ url, ...login })
    const channel = await channelId(client, user, 'general', 'home')
    return channel
  }
  let token = node.firstRun.token
  let channel = ''
  for (const user of people.length > 0 ? people : ['somebody']) channel = await meet(user)
  if (people[0] !== undefined) {
    const made = z.looseObject({ token: z.string().regex(tokenPattern) })
    ;({ token } = await node.ask(made, 'token', 'create', people[0], 'page'))
  }
  let hi = await invite()
  let link = ''

  return {
    learn: (line) => {
      token = tokenPattern.exec(line)?.[0] ?? token
      hi = /\bhi_[a-z2-7]{26}/.exec(line)?.[0] ?? hi
      link = /\S+\/join#\S+/.exec(line)?.[0] ?? link
    },
    apply: (text) =>
      text
        .replaceAll('ht_…', token)
        .replaceAll('http…/join#…', link)
        .replaceAll('hi_…', hi)
        .replaceAll('01a2ffc1-…', channel)
        .replaceAll('c/…/', `c/${channel}/`)
        .replaceAll('-P … ', `-P '${password}' `)
        .replaceAll('mqtt://127.0.0.1:1883', url),
  }
}
