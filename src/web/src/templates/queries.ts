import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body, orNull } from "../api/client";
import { everyPage } from "../api/pages";
import type { Page, Template, TemplateValidation } from "../api/types";

/** One version of a template with its text. */
export type WholeTemplate = Template & {
  yaml: string;
  /** What a change must name, so that nobody overwrites what they have not seen; none for a shipped one. */
  etag: string | undefined;
};

/** All templates by name with what they say, the shipped ones among them; without their texts. */
export const templatesQuery = queryOptions({
  queryKey: keys.templates,
  queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/templates", { params: { query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Template>>),
});

/** One of them, the newest version unless another is named; null when there is none. */
export const templateQuery = (name: string, version?: number) =>
  queryOptions({
    queryKey: keys.template(name, version),
    queryFn: ({ signal }) => orNull(readTemplate(name, version, signal)),
  });

async function readTemplate(template: string, version: number | undefined, signal: AbortSignal): Promise<WholeTemplate> {
  const { data, response } = await api.GET("/api/v1/templates/{template}", { params: { path: { template }, query: version ? { version } : {} }, signal });
  return { ...(data as WholeTemplate), etag: response.headers.get("ETag") ?? undefined };
}

/** Its versions, newest first. */
export const templateVersionsQuery = (template: string) =>
  queryOptions({
    queryKey: keys.templateVersions(template),
    queryFn: ({ signal }) => everyPage((after) => body(api.GET("/api/v1/templates/{template}/versions", { params: { path: { template }, query: { limit: 200, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Template>>),
  });

/** What the server says of a text: its mistakes, or the launch that it stands for. Nothing is saved. */
export const templateCheckQuery = (yaml: string) =>
  queryOptions({
    queryKey: keys.templateCheck(yaml),
    queryFn: ({ signal }) => body(api.POST("/api/v1/templates/validate", { body: { yaml }, signal })) as Promise<TemplateValidation>,
    staleTime: Infinity,
    gcTime: 30_000,
    placeholderData: keepPreviousData,
  });

/** Saves a new template, or the next version of one. */
export function useSaveTemplate(template: WholeTemplate | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (yaml: string) =>
      body(
        template
          ? api.PUT("/api/v1/templates/{template}", { params: { path: { template: template.name } }, headers: template.etag ? { "If-Match": template.etag } : {}, body: { yaml } })
          : api.POST("/api/v1/templates", { body: { yaml } }),
      ) as Promise<Template>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.templates }),
  });
}

export function useDeleteTemplate(template: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.DELETE("/api/v1/templates/{template}", { params: { path: { template } } }),
    onSuccess: () => client.setQueryData<Template[]>(keys.templates, (all) => all?.filter(({ name }) => name !== template)),
  });
}
