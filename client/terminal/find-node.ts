import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'

export interface NodeAddress {
  readonly url: string
  /** Under what its logins are remembered: a local node keeps its folder when its port changes. */
  readonly name: string
}

const statusSchema = z.object({ addresses: z.object({ mqtt: z.url() }) })

const schemes = ['mqtt:', 'mqtts:', 'ws:', 'wss:']

/** The node at `--url`, or the one that runs on a data folder, by its `status.json`. Throws BAD_REQUEST, NODE_DOWN. */
export const findNode = async ({ url, data }: { url: string | undefined; data: string }): Promise<NodeAddress> => {
  if (url !== undefined) return { url: checkedUrl(url), name: url }
  const folder = resolve(data)
  const path = join(folder, 'status.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined)
    throw new HearthError('NODE_DOWN', `no node runs on ${folder}: start one with hearth up, or say where with --url`)
  const status = statusSchema.safeParse(parseJson(text))
  if (!status.success) throw new HearthError('NODE_DOWN', `${path} names no MQTT address; say where with --url`)
  return { url: status.data.addresses.mqtt, name: `data:${folder}` }
}

const checkedUrl = (url: string): string => {
  const parsed = URL.parse(url)
  if (parsed === null || !schemes.includes(parsed.protocol))
    throw new HearthError('BAD_REQUEST', `--url ${url}: it begins with ${schemes.map((s) => `${s}//`).join(', ')}`)
  if (parsed.username !== '' || parsed.password !== '')
    throw new HearthError('BAD_REQUEST', '--url holds no login: use --user, and HEARTH_PASSWORD or HEARTH_TOKEN')
  return url
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
