import { pino } from 'pino'
import type { DestinationStream, Logger as PinoLogger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from '../config/settings.ts'

/** Names of fields whose values never reach a log, at the top of a line and two levels below. */
const secretFields = [
  'password',
  'token',
  'secret',
  'invite',
  'authorization',
  'cookie',
  'privateKey',
  'ticket',
] as const

const secretPaths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])

/**
 * The log of the node, on standard error: one JSON object a line, or text for people on a terminal. Written in
 * this process (a worker would lose the last lines of a crash).
 */
export const createLogger = (
  config: Pick<Config, 'logLevel' | 'logFormat'>,
  output: { readonly stream: NodeJS.WritableStream; readonly terminal: boolean; readonly colour: boolean },
): PinoLogger => {
  const people = config.logFormat === 'pretty' || (config.logFormat === 'auto' && output.terminal)
  const destination: DestinationStream = people
    ? pretty({
        destination: output.stream,
        colorize: output.colour,
        translateTime: 'SYS:HH:MM:ss',
        ignore: 'pid,hostname',
        singleLine: true,
        sync: true,
      })
    : { write: (line) => void output.stream.write(line) }
  return pino(
    {
      level: config.logLevel,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...secretPaths], censor: '[secret]' },
    },
    destination,
  )
}
