from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import path


def index(request):
    return HttpResponse(f"Hello. The database knows {User.objects.count()} users.\n", content_type="text/plain")


urlpatterns = [path("", index), path("admin/", admin.site.urls)]
