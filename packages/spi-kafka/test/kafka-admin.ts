import { Kafka, logLevel, type Admin } from 'kafkajs'

/** Runs `action` with an admin client of the test's own. */
export async function withAdmin<T>(brokers: readonly string[], action: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await action(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Removes the topics whose names begin so. */
export async function removeTopics(brokers: readonly string[], prefix: string): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix))
    if (topics.length > 0) await admin.deleteTopics({ topics })
  })
}

const SETTINGS: readonly (readonly [string, string])[] = [
  ['retentionMs', 'retention.ms'],
  ['retentionBytes', 'retention.bytes'],
  ['segmentBytes', 'segment.bytes'],
]

/** What the brokers keep of a topic, named as in `TopicSettings`. */
export function settingsOfTopic(
  brokers: readonly string[],
  topic: string,
): Promise<Record<string, number> | undefined> {
  return withAdmin(brokers, async (admin) => {
    if (!(await admin.listTopics()).includes(topic)) return undefined
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    // 2 is the kind of resource that a topic is.
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames: SETTINGS.map(([, name]) => name) }],
    })
    const entries = resources[0]?.configEntries ?? []
    const kept = SETTINGS.flatMap(([ours, theirs]) => {
      const value = entries.find(({ configName }) => configName === theirs)?.configValue
      return value === undefined ? [] : [[ours, Number(value)] as const]
    })
    return { ...Object.fromEntries(kept), partitions: topics[0]?.partitions.length ?? 0 }
  })
}
