import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../api/cache";
import { api, body } from "../api/client";
import { pagesQuery } from "../api/pages";
import type { CatalogueEntry, Image, ImportImageRequest, Operation, Page, Upload } from "../api/types";

export const imagesQuery = pagesQuery<Image>(keys.images, (after, signal) =>
  body(api.GET("/api/v1/images", { params: { query: { limit: 100, ...(after ? { after } : {}) } }, signal })) as Promise<Page<Image>>,
);

/** Recipes and distributions' images; the list is part of the server and short. */
export const catalogueQuery = queryOptions({
  queryKey: keys.catalogue,
  queryFn: async ({ signal }) => ((await body(api.GET("/api/v1/catalogue", { signal }))) as Page<CatalogueEntry>).items,
});

/** Your uploads of the last day; there are never many. */
export const uploadsQuery = queryOptions({
  queryKey: keys.uploads,
  queryFn: async ({ signal }) => ((await body(api.GET("/api/v1/uploads", { params: { query: { limit: 100 } }, signal }))) as Page<Upload>).items,
});

export function useGiveUpUpload() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => body(api.DELETE("/api/v1/uploads/{id}", { params: { path: { id } }, headers: { "Tus-Resumable": "1.0.0" } })),
    onSettled: () => client.invalidateQueries({ queryKey: keys.uploads }),
  });
}

export function useImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: ImportImageRequest) => body(api.POST("/api/v1/images", { body: request })) as Promise<Operation>,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.images }),
  });
}

export function useDeleteImage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => body(api.DELETE("/api/v1/images/{image}", { params: { path: { image: id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.images }),
  });
}
