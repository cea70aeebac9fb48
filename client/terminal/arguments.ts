import { parseArgs } from 'node:util'
import { HearthError } from '../../spec/errors.ts'

export interface ChatArguments {
  readonly url: string | undefined
  readonly data: string
  readonly user: string | undefined
  readonly token: string | undefined
  readonly invite: string | undefined
  readonly insecure: boolean
  /** A text to say; `-` reads it from stdin. */
  readonly say: string | undefined
  readonly tail: boolean
  readonly last: number
  readonly json: boolean
  readonly logout: boolean
  readonly help: boolean
  /** `#channel`, `server/#channel`: where to say, what to tail, what to open. */
  readonly channel: string | undefined
}

export const usage = `hearth chat — chat in the terminal

  hearth chat [#channel]                      the chat on this screen
  hearth chat --say TEXT #channel             says one message; exits 0 once the node has it on disk
  hearth chat --tail [#channel]               prints messages as they come

A channel is #general, or server/general where several servers have one.

  --url URL        mqtt://, mqtts://, ws:// or wss:// of the node
  --data FOLDER    without --url: the node that runs on this folder (HEARTH_DATA, ./data)
  --user NAME      who you are; without it the last login at that node
  --invite CODE    register with this invite, under the name and password that you choose
  --token TOKEN    log in with an app token (better: HEARTH_TOKEN; others can see arguments)
  --insecure       take any TLS certificate
  --say TEXT       - reads the text from stdin
  --tail           with --last N the last N messages first
  --json           with --say and --tail: one JSON document a line
  --logout         forget the login that is remembered for that node

The password comes from HEARTH_PASSWORD, or from the terminal, or is the first line of stdin.
After the first login an app token is remembered in $XDG_CONFIG_HOME/hearth/chat.json, not the password.
`

/** Throws BAD_REQUEST with what would be right. */
export const parseArguments = (
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ChatArguments => {
  const { values, positionals } = parse(argv)
  if (positionals.length > 1)
    throw new HearthError('BAD_REQUEST', `one channel at most, not ${positionals.join(' ')}; quote a --say with spaces`)
  const last = Number(values.last ?? 0)
  if (!Number.isInteger(last) || last < 0 || last > 200)
    throw new HearthError('BAD_REQUEST', `--last ${values.last}: a number from 0 to 200`)
  if (values.say !== undefined && positionals.length === 0)
    throw new HearthError('BAD_REQUEST', '--say needs a channel: hearth chat --say "hello" #general')
  if (values.say !== undefined && values.tail)
    throw new HearthError('BAD_REQUEST', '--say and --tail are two different things')
  return {
    url: values.url,
    data: values.data ?? env['HEARTH_DATA'] ?? './data',
    user: values.user,
    token: values.token ?? env['HEARTH_TOKEN'],
    invite: values.invite,
    insecure: values.insecure,
    say: values.say,
    tail: values.tail,
    last,
    json: values.json,
    logout: values.logout,
    help: values.help,
    channel: positionals[0],
  }
}

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        data: { type: 'string' },
        user: { type: 'string' },
        token: { type: 'string' },
        invite: { type: 'string' },
        insecure: { type: 'boolean', default: false },
        say: { type: 'string' },
        tail: { type: 'boolean', default: false },
        last: { type: 'string' },
        json: { type: 'boolean', default: false },
        logout: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new HearthError('BAD_REQUEST', (error as Error).message, { cause: error })
  }
}
