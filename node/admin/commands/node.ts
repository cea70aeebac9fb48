import { z } from 'zod'
import { configSchema } from '../../config/settings.ts'
import { localCommand, nodeCommand, textFlag, word, yesFlag } from '../command.ts'
import type { Command } from '../command.ts'

/** `--data` belongs to every command. */
const { data: _data, ...upSettings } = configSchema.shape
const config = textFlag('FILE', 'configuration file (default: hearth.toml in the data folder)')

export const nodeCommands: readonly Command[] = [
  localCommand({
    noun: 'up',
    verb: undefined,
    summary: 'start the node and stay until Ctrl-C',
    args: z.strictObject({ ...upSettings, config }),
    examples: ['hearth up', 'hearth up --data /srv/hearth --public --domain home.example', 'hearth up --http-port 0'],
  }),
  nodeCommand({
    noun: 'status',
    verb: undefined,
    summary: 'show the running node and its addresses',
    args: z.strictObject({}),
    examples: ['hearth status', 'hearth status --json'],
    shape: 'record',
    run: async (node) => ({ ...(await node.status()) }),
  }),
  localCommand({
    noun: 'doctor',
    verb: undefined,
    summary: 'look for what is wrong, and say why it matters and how to mend it',
    args: z.strictObject({
      quick: yesFlag('do not walk the whole log, only look where damage shows at once'),
      ...upSettings,
      config,
    }),
    examples: ['hearth doctor', 'hearth doctor --quick --json'],
  }),
  localCommand({
    noun: 'config',
    verb: 'show',
    summary: 'show every setting, its value and where it came from',
    args: z.strictObject({ ...upSettings, config }),
    examples: ['hearth config show', 'hearth config show --json'],
  }),
  localCommand({
    noun: 'config',
    verb: 'check',
    summary: 'check the configuration without starting anything',
    args: z.strictObject({ ...upSettings, config }),
    examples: ['hearth config check --config /etc/hearth.toml'],
  }),
  localCommand({
    noun: 'broker',
    verb: undefined,
    summary: 'run the MQTT broker alone, open to everybody: for test suites',
    args: z.strictObject({
      open: yesFlag('yes, let everybody in'),
      bind: upSettings.bind,
      mqttPort: upSettings.mqttPort,
      httpPort: upSettings.httpPort,
    }),
    examples: ['hearth broker --open --mqtt-port 1884'],
  }),
  localCommand({
    noun: 'chat',
    verb: undefined,
    summary: 'chat in the terminal',
    args: z.strictObject({ channel: word(0, '#CHANNEL', 'channel to open').optional() }),
    examples: ['hearth chat', 'hearth chat --say "the kettle is on" #general'],
    ownArguments: true,
  }),
  localCommand({
    noun: 'help',
    verb: undefined,
    summary: 'explain a command',
    args: z.strictObject({
      noun: word(0, 'NOUN', 'such as user, or log').optional(),
      verb: word(1, 'VERB', 'such as add').optional(),
    }),
    examples: ['hearth help', 'hearth help user', 'hearth help user add'],
  }),
]
