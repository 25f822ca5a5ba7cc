export { createProject, type CreatedProject, type CreateOptions } from './create-project.ts'
export { SPIS, TEMPLATES, type Spi, type TemplateName } from './templates.ts'
